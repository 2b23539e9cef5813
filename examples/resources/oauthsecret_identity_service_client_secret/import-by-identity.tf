import {
  to = oauthsecret_identity_service_client_secret.billing
  identity = {
    tenant    = "acme"
    client_id = "my-new-app"
    secret_id = "8d5a1f0e-6c1b-4f6d-9a53-2f1f3c0b7e21"
  }
}
