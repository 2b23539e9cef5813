resource "oauthsecret_csp_client_secret" "this" {
  org_id                = var.org_id
  oauth_app_id          = var.oauth_app_id
  on_create             = var.adopt ? "adopt" : "rotate"
  rotate_when_changed   = var.rotate_when_changed
  rotate_after          = var.rotate_after
  retire_previous_after = var.retire_previous_after
  encryption_recipients = var.encryption_recipients

  # The service does not tell that the completion below ended the previous secret, so the next rotation makes sure itself.
  on_pending_rotation = var.complete ? "retire_first" : "fail"
}

resource "oauthsecret_csp_rotation_completion" "this" {
  count = var.complete ? 1 : 0

  org_id       = oauthsecret_csp_client_secret.this.org_id
  oauth_app_id = oauthsecret_csp_client_secret.this.oauth_app_id
  version      = oauthsecret_csp_client_secret.this.version
  depends_on   = [var.consumers]

  lifecycle {
    precondition {
      condition     = length(var.consumers) > 0
      error_message = "complete needs consumers: without them the previous secret would end before anything has the new one."
    }
  }
}
