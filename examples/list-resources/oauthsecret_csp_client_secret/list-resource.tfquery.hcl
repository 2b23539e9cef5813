# The client secrets of the organization, one per OAuth app. To get configuration and import blocks for them:
# terraform query -generate-config-out=apps.tf
list "oauthsecret_csp_client_secret" "all" {
  provider = oauthsecret
  limit    = 1000

  # Only those whose name or id matches a text:
  # config {
  #   search_term = "billing"
  # }
}
