data "oauthsecret_cloudflare_oauth_clients" "rotating" {
  has_previous_secret = true
}

# Clients whose rotation was never finished, or that somebody else rotates.
output "clients_with_a_previous_secret" {
  value = {
    for client in data.oauthsecret_cloudflare_oauth_clients.rotating.oauth_clients :
    client.oauth_client_id => { name = client.name, updated_at = client.updated_at }
  }
}
