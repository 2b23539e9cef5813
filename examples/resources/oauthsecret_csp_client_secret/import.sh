# org_id/oauth_app_id
terraform import oauthsecret_csp_client_secret.billing 5f0c7d7a-3a3e-4b0c-9d0e-2b7a1d9a4c11/billing-worker
