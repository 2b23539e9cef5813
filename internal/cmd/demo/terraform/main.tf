# The configuration of the demo: one client secret per vendor, and one consumer of each. A consumer is whatever needs the
# secret: a Vault entry, a Kubernetes secret, an application's settings. Here terraform_data stands for it.

terraform {
  required_providers {
    oauthsecret = {
      source = "oauthsecret/oauthsecret"
    }
  }
}

variable "quarter" {
  description = "A new value rotates the three secrets."
  type        = string
}

variable "retire_previous_after" {
  description = "How long a previous secret lives. Null: nothing here deletes it."
  type        = string
  default     = null
}

resource "oauthsecret_cloudflare_client_secret" "app" {
  oauth_client_id       = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
  rotate_when_changed   = { quarter = var.quarter }
  retire_previous_after = var.retire_previous_after
  on_pending_rotation   = "retire_first" # the secret before the previous one makes room
}

resource "oauthsecret_csp_client_secret" "app" {
  oauth_app_id          = "billing-worker"
  rotate_when_changed   = { quarter = var.quarter }
  retire_previous_after = var.retire_previous_after
  on_pending_rotation   = "retire_first"
  on_external_rotation  = "rotate" # the default only warns
  on_destroy            = "revoke" # the default keeps the secret

  verify {
    on_refresh = true # each plan tries the secret in state
  }
}

resource "oauthsecret_identity_service_client_secret" "app" {
  client_id             = "my-new-app"
  rotate_when_changed   = { quarter = var.quarter }
  retire_previous_after = var.retire_previous_after
}

resource "terraform_data" "cloudflare_consumer" {
  input = oauthsecret_cloudflare_client_secret.app.client_secret
}

resource "terraform_data" "csp_consumer" {
  input = oauthsecret_csp_client_secret.app.client_secret
}

resource "terraform_data" "identity_service_consumer" {
  input = oauthsecret_identity_service_client_secret.app.client_secret
}
