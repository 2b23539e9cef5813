# An app that is in use already: nothing is called now, and the secret in use stays. The first rotation is due 90 days
# after this apply.
resource "oauthsecret_csp_client_secret" "adopted" {
  oauth_app_id = "billing-worker"
  on_create    = "adopt"
  rotate_after = "90d"
}
