variable "clients" {
  description = "The OAuth clients by a name of your choice."
  type        = map(object({ oauth_client_id = string }))
}

variable "quarter" {
  description = "A new value rotates the secret of every client."
  type        = string
}
