variable "name" {
  type = string
}

variable "oauth_client_id" {
  type = string
}

variable "quarter" {
  type = string
}

module "secret" {
  source = "../../rotating-client-secret/cloudflare"

  oauth_client_id     = var.oauth_client_id
  rotate_when_changed = { quarter = var.quarter }

  # The previous secret is deleted after these were updated.
  complete  = true
  consumers = [terraform_data.consumer.id]
}

# Whatever needs the secret, a Vault entry or a Kubernetes secret, takes client_secret. terraform_data stands for it here, and
# takes the fingerprint: it would print a secret when it is destroyed.
resource "terraform_data" "consumer" {
  input = { name = var.name, client_secret_sha256 = module.secret.client_secret_sha256 }
}

output "version" {
  value = module.secret.version
}
