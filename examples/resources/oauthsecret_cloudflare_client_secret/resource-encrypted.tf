# Neither state nor plan holds the secret in clear: it is encrypted to both keys. The ephemeral resource
# oauthsecret_decrypted_secret opens it, and so does age -d.
resource "oauthsecret_cloudflare_client_secret" "sealed" {
  oauth_client_id       = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
  rotate_when_changed   = { quarter = "2026-Q1" }
  retire_previous_after = "24h"

  encryption_recipients = [
    "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
    file("${path.module}/break-glass.pub"), # a second key, kept apart: it opens the secret when the first one is lost
  ]
}

output "sealed" {
  value = oauthsecret_cloudflare_client_secret.sealed.encrypted_client_secret
}
