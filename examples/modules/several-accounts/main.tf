# One provider configuration per account, handed to the module by its alias.

provider "oauthsecret" {
  alias = "production"
  cloudflare {
    account_id = var.production.account_id
    api_token  = var.production_api_token
  }
}

provider "oauthsecret" {
  alias = "staging"
  cloudflare {
    account_id = var.staging.account_id
    api_token  = var.staging_api_token
  }
}

module "production" {
  source    = "../rotating-client-secret/cloudflare"
  providers = { oauthsecret = oauthsecret.production }
  for_each  = var.production.oauth_client_ids

  oauth_client_id = each.key
  rotate_after    = "90d"
}

module "staging" {
  source    = "../rotating-client-secret/cloudflare"
  providers = { oauthsecret = oauthsecret.staging }
  for_each  = var.staging.oauth_client_ids

  oauth_client_id = each.key
  rotate_after    = "30d"
}
