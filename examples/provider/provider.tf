terraform {
  required_providers {
    oauthsecret = {
      source = "oauthsecret/oauthsecret"
    }
  }
}

# Give only the vendors that you use. What is left out here is taken from the environment; credentials are best kept there:
# CLOUDFLARE_API_TOKEN, CSP_API_TOKEN, IDENTITY_SERVICE_CLIENT_ID and IDENTITY_SERVICE_CLIENT_SECRET.
provider "oauthsecret" {
  cloudflare {
    account_id = "023e105f4ecef8ad9ca31a8372d0c353"
  }

  csp {
    org_id = "5f0c7d7a-3a3e-4b0c-9d0e-2b7a1d9a4c11"
  }

  identity_service {
    tenant = "acme"
  }
}
