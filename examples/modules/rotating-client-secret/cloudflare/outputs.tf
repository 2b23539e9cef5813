output "client_secret" {
  description = "The current secret. Null when it is encrypted, or not known yet (adopt)."
  value       = oauthsecret_cloudflare_client_secret.this.client_secret
  sensitive   = true
}

output "encrypted_client_secret" {
  description = "The current secret as age ciphertext, when encryption_recipients is given."
  value       = oauthsecret_cloudflare_client_secret.this.encrypted_client_secret
}

output "version" {
  description = "The Unix second of the first secret made here, and 1 more with each rotation; for the *_wo_version arguments of consumers."
  value       = oauthsecret_cloudflare_client_secret.this.version
}

output "rotated_at" {
  description = "When the current secret was made."
  value       = oauthsecret_cloudflare_client_secret.this.rotated_at
}

output "client_secret_sha256" {
  description = "Fingerprint of the current secret; changes when the secret does."
  value       = oauthsecret_cloudflare_client_secret.this.client_secret_sha256
}
