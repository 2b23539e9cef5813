# Many clients, each with its own consumer. The secret and its consumer are one module ("app"), and for_each stands on that.

module "app" {
  source   = "./app"
  for_each = var.clients

  name            = each.key
  oauth_client_id = each.value.oauth_client_id
  quarter         = var.quarter
}
