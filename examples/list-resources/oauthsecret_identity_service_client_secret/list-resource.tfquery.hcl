# The valid secrets of two applications. To get configuration and import blocks for them:
# terraform query -generate-config-out=secrets.tf
list "oauthsecret_identity_service_client_secret" "all" {
  for_each = toset(["my-new-app", "my-other-app"])
  provider = oauthsecret

  config {
    client_id = each.key
  }
}

# Only those that expire within 30 days. In a file of its own: -generate-config-out would write a secret twice.
#
# list "oauthsecret_identity_service_client_secret" "expiring" {
#   provider = oauthsecret
#
#   config {
#     client_id       = "my-new-app"
#     expiring_within = "30d"
#   }
# }
