# Every OAuth client of the account is taken over as it is. Nothing is rotated, now or when a client is added later.

terraform {
  required_providers {
    oauthsecret = {
      source = "oauthsecret/oauthsecret"
    }
  }
}

data "oauthsecret_cloudflare_oauth_clients" "all" {}

locals {
  # Public clients have no secret.
  clients = {
    for client in data.oauthsecret_cloudflare_oauth_clients.all.oauth_clients :
    client.oauth_client_id => client if client.token_endpoint_auth_method != "none"
  }
}

resource "oauthsecret_cloudflare_client_secret" "all" {
  for_each = local.clients

  oauth_client_id = each.key
  on_create       = "adopt"
}

output "names" {
  value = { for id, client in local.clients : id => client.name }
}
