# Added by the completion step: each previous secret is deleted in the apply that rotates, after its consumer has the new
# one.

resource "oauthsecret_cloudflare_rotation_completion" "app" {
  oauth_client_id = oauthsecret_cloudflare_client_secret.app.oauth_client_id
  version         = oauthsecret_cloudflare_client_secret.app.version
  depends_on      = [terraform_data.cloudflare_consumer]
}

resource "oauthsecret_csp_rotation_completion" "app" {
  oauth_app_id = oauthsecret_csp_client_secret.app.oauth_app_id
  version      = oauthsecret_csp_client_secret.app.version
  depends_on   = [terraform_data.csp_consumer]
}

resource "oauthsecret_identity_service_rotation_completion" "app" {
  client_id          = oauthsecret_identity_service_client_secret.app.client_id
  version            = oauthsecret_identity_service_client_secret.app.version
  previous_secret_id = oauthsecret_identity_service_client_secret.app.previous_secret_id
  depends_on         = [terraform_data.identity_service_consumer]
}
