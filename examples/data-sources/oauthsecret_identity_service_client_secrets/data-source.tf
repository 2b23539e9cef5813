data "oauthsecret_identity_service_client_secrets" "all" {
  client_id = "my-new-app"
}

output "valid" {
  value = {
    for secret in data.oauthsecret_identity_service_client_secrets.all.client_secrets :
    secret.secret_id => coalesce(secret.expires_at, "never expires") if secret.valid
  }
}
