data "oauthsecret_identity_service_client_secrets" "expiring" {
  client_id       = "my-new-app"
  expiring_within = "30d"
}

# A warning in every plan, from 30 days before a secret expires.
check "no_secret_expires_soon" {
  assert {
    condition     = length(data.oauthsecret_identity_service_client_secrets.expiring.secret_ids) == 0
    error_message = "Secrets expire within 30 days: ${join(", ", data.oauthsecret_identity_service_client_secrets.expiring.secret_ids)}."
  }
}
