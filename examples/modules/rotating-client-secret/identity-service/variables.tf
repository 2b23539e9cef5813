variable "tenant" {
  description = "Tenant of the application. Null: that of the provider configuration."
  type        = string
  default     = null
}

variable "client_id" {
  description = "Client id of the application. The application exists already."
  type        = string
}

variable "rotate_when_changed" {
  description = "A changed value of a key that was there before rotates the secret; adding or removing a key does not."
  type        = map(string)
  default     = null
}

variable "rotate_after" {
  description = "Rotate at the first apply after this time, for example \"90d\" or \"2w\". Null: no schedule."
  type        = string
  default     = null
}

variable "encryption_recipients" {
  description = "age or SSH public keys. When given, the secret is an output as ciphertext only, and is in no state in clear."
  type        = list(string)
  default     = null
}

variable "expires_after" {
  description = "Life of each new secret, for example \"90d\" or \"2w\". Null: it does not expire. Longer than rotate_after."
  type        = string
  default     = null
}

variable "retire_previous_after" {
  description = "Without complete: how long the previous secret lives. The first apply after that time deletes it."
  type        = string
  default     = "24h"
  nullable    = false
}

variable "complete" {
  description = <<-EOT
    End the previous secret in the apply that rotates, after all consumers were updated. When one of them fails, the previous
    secret stays valid, and the next apply completes.
  EOT
  type        = bool
  default     = false
  nullable    = false
}

variable "consumers" {
  description = "With complete: ids of the resources that use the secret."
  type        = list(string)
  default     = []
  nullable    = false
}
