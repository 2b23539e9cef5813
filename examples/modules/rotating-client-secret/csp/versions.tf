terraform {
  required_version = ">= 1.11"

  required_providers {
    oauthsecret = {
      source = "oauthsecret/oauthsecret"
    }
  }
}
