# The value comes from you and is in no plan and no state. Only a new version rotates. Of this vendor only: the others make
# the value themselves.
variable "client_secret" {
  type      = string
  sensitive = true
  ephemeral = true
}

resource "oauthsecret_csp_client_secret" "chosen" {
  oauth_app_id             = "billing-worker"
  client_secret_wo         = var.client_secret
  client_secret_wo_version = 1
  retire_previous_after    = "24h"
}
