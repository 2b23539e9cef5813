variable "production" {
  type = object({ account_id = string, oauth_client_ids = set(string) })
}

variable "staging" {
  type = object({ account_id = string, oauth_client_ids = set(string) })
}

variable "production_api_token" {
  type      = string
  sensitive = true
  ephemeral = true
}

variable "staging_api_token" {
  type      = string
  sensitive = true
  ephemeral = true
}
