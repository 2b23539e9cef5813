terraform {
  required_providers {
    oauthsecret = {
      source = "oauthsecret/oauthsecret"
    }
    # Stands for the provider of your consumers. It is in this repository and published nowhere.
    consumer = {
      source = "oauthsecret/consumer"
    }
  }
}

variable "quarter" {
  description = "Change it to rotate."
  type        = string
  default     = "2026-Q1"
}

resource "oauthsecret_cloudflare_client_secret" "app" {
  oauth_client_id     = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
  rotate_when_changed = { quarter = var.quarter }
}

# Two consumers take the secret through a write-only argument.
resource "consumer_secret" "app" {
  for_each         = toset(["billing", "reports"])
  name             = each.key
  value_wo         = oauthsecret_cloudflare_client_secret.app.client_secret
  value_wo_version = oauthsecret_cloudflare_client_secret.app.version
}

# Reads back what each of them holds, after its update (depends_on). The fingerprint is unknown until the rotation, so that
# a plan that rotates does not read the old value.
ephemeral "consumer_secret" "app" {
  for_each   = toset(["billing", "reports"])
  name       = each.key
  depends    = oauthsecret_cloudflare_client_secret.app.client_secret_sha256
  depends_on = [consumer_secret.app]
}

# Ends the previous secret only when each consumer holds the current one.
resource "oauthsecret_cloudflare_rotation_completion" "app" {
  oauth_client_id      = oauthsecret_cloudflare_client_secret.app.oauth_client_id
  version              = oauthsecret_cloudflare_client_secret.app.version
  client_secret_sha256 = oauthsecret_cloudflare_client_secret.app.client_secret_sha256
  consumer_secrets_wo  = { for name, held in ephemeral.consumer_secret.app : name => held.value }
  depends_on           = [consumer_secret.app]
}
