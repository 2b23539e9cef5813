variable "age_recipient" {
  description = "Public key that the secret is encrypted to."
  type        = string
}

variable "age_identity" {
  description = "Private key of that recipient. As an ephemeral value it is in no plan and no state."
  type        = string
  sensitive   = true
  ephemeral   = true
}

# Cloudflare makes the value; state and plan hold ciphertext only.
resource "oauthsecret_cloudflare_client_secret" "billing" {
  oauth_client_id       = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
  rotate_when_changed   = { quarter = "2026-Q1" }
  encryption_recipients = [var.age_recipient]
}

ephemeral "oauthsecret_decrypted_secret" "billing" {
  ciphertext = oauthsecret_cloudflare_client_secret.billing.encrypted_client_secret
  identity   = var.age_identity
}

# A write-only argument of another provider takes the plaintext. The version tells it when there is a new one:
#
# resource "vault_kv_secret_v2" "billing" {
#   mount                = "secret"
#   name                 = "billing"
#   data_json_wo         = jsonencode({ client_secret = ephemeral.oauthsecret_decrypted_secret.billing.plaintext })
#   data_json_wo_version = oauthsecret_cloudflare_client_secret.billing.version
# }

# Where a consumer has no write-only argument, a provisioner can hand the plaintext to a command.
resource "terraform_data" "consumer" {
  triggers_replace = oauthsecret_cloudflare_client_secret.billing.version

  provisioner "local-exec" {
    command     = "printf %s \"$CLIENT_SECRET\" | vault kv put -mount=secret billing client_secret=-"
    environment = { CLIENT_SECRET = ephemeral.oauthsecret_decrypted_secret.billing.plaintext }
  }
}

resource "oauthsecret_cloudflare_rotation_completion" "billing" {
  oauth_client_id = oauthsecret_cloudflare_client_secret.billing.oauth_client_id
  version         = oauthsecret_cloudflare_client_secret.billing.version
  depends_on      = [terraform_data.consumer]
}
