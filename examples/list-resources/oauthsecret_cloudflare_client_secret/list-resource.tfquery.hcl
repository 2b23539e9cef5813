# The client secrets of the account, one per OAuth client. To get configuration and import blocks for them:
# terraform query -generate-config-out=clients.tf
list "oauthsecret_cloudflare_client_secret" "all" {
  provider = oauthsecret
  limit    = 1000
}

# Only those with a previous secret that is still valid. In a file of its own: -generate-config-out would write a client twice.
#
# list "oauthsecret_cloudflare_client_secret" "rotating" {
#   provider = oauthsecret
#
#   config {
#     has_previous_secret = true
#   }
# }
