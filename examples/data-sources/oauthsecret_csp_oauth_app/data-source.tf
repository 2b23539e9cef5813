data "oauthsecret_csp_oauth_app" "billing" {
  oauth_app_id = "billing-worker"
}

output "billing" {
  value = {
    overlap_hours = data.oauthsecret_csp_oauth_app.billing.default_overlap_seconds / 3600
    changed       = data.oauthsecret_csp_oauth_app.billing.updated_at
    changed_by    = data.oauthsecret_csp_oauth_app.billing.updated_by
  }
}
