import {
  to = oauthsecret_cloudflare_client_secret.billing
  id = "023e105f4ecef8ad9ca31a8372d0c353/a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
}
