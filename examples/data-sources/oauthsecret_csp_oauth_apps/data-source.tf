data "oauthsecret_csp_oauth_apps" "all" {}

# Apps that may rotate their own secret, without Terraform knowing.
output "rotate_themselves" {
  value = [
    for app in data.oauthsecret_csp_oauth_apps.all.oauth_apps :
    app.oauth_app_id if app.owner_only_secret_rotation == false
  ]
}
