data "oauthsecret_cloudflare_oauth_client" "billing" {
  oauth_client_id = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
}

# A warning in every plan, as long as a previous secret is valid.
check "billing_has_no_previous_secret" {
  assert {
    condition     = data.oauthsecret_cloudflare_oauth_client.billing.has_previous_secret != true
    error_message = "The client has a previous secret that is still valid."
  }
}
