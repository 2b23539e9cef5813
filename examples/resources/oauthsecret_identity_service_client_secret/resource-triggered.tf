# Rotates when a value changes, and not by time. "terraform destroy" deletes nothing at the vendor.
resource "oauthsecret_identity_service_client_secret" "triggered" {
  client_id           = "my-new-app"
  rotate_when_changed = { quarter = "2026-Q1" }
  on_destroy          = "keep"
}
