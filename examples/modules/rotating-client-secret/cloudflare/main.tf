resource "oauthsecret_cloudflare_client_secret" "this" {
  account_id            = var.account_id
  oauth_client_id       = var.oauth_client_id
  on_create             = var.adopt ? "adopt" : "rotate"
  rotate_when_changed   = var.rotate_when_changed
  rotate_after          = var.rotate_after
  encryption_recipients = var.encryption_recipients

  # With complete, the completion below ends the previous secret. Nothing here may depend on the consumers: they depend on it.
  retire_previous_after = var.complete ? null : var.retire_previous_after
}

resource "oauthsecret_cloudflare_rotation_completion" "this" {
  count = var.complete ? 1 : 0

  account_id      = oauthsecret_cloudflare_client_secret.this.account_id
  oauth_client_id = oauthsecret_cloudflare_client_secret.this.oauth_client_id
  version         = oauthsecret_cloudflare_client_secret.this.version
  depends_on      = [var.consumers]

  lifecycle {
    precondition {
      condition     = length(var.consumers) > 0
      error_message = "complete needs consumers: without them the previous secret would end before anything has the new one."
    }
  }
}
