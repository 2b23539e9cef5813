# After a leak: PUT replaces every secret of the app at once. Whatever uses an old one fails until it has the new one.
resource "oauthsecret_csp_client_secret" "leaked" {
  oauth_app_id        = "billing-worker"
  rotate_when_changed = { incident = "INC-4711" }
  rotation_mode       = "regenerate"
}
