# A configuration to watch: one client of each vendor, taken over without a rotation where the vendor has that.

terraform {
  required_providers {
    oauthsecret = {
      source = "oauthsecret/oauthsecret"
    }
  }
}

resource "oauthsecret_cloudflare_client_secret" "billing" {
  oauth_client_id = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
  on_create       = "adopt"
}

resource "oauthsecret_csp_client_secret" "billing" {
  oauth_app_id = "billing-worker"
  on_create    = "adopt"
}

resource "oauthsecret_identity_service_client_secret" "billing" {
  client_id     = "my-new-app"
  rotate_after  = "60d"
  expires_after = "90d"
  verify {
    on_refresh = true # each plan tries the secret: one request
  }
}

locals {
  watched = {
    cloudflare       = oauthsecret_cloudflare_client_secret.billing
    csp              = oauthsecret_csp_client_secret.billing
    identity_service = oauthsecret_identity_service_client_secret.billing
  }
  drift = { for name, secret in local.watched : name => secret.drift if secret.drift != null }
  due   = { for name, secret in local.watched : name => secret.rotation_due_at if secret.rotation_due_at != null }
}

# A failed check is a warning in every plan and a failure in hosted runs, and detect-drift.sh counts it.
check "no_drift" {
  assert {
    condition     = length(local.drift) == 0
    error_message = "Somebody changed a secret elsewhere: ${jsonencode(local.drift)}."
  }
}

check "nothing_overdue" {
  assert {
    condition     = alltrue([for at in local.due : timecmp(at, plantimestamp()) > 0])
    error_message = "A rotation is overdue: ${jsonencode({ for name, at in local.due : name => at if timecmp(at, plantimestamp()) <= 0 })}. Was there no apply, or did one put it off?"
  }
}

# What is due next, the earliest first.
output "calendar" {
  value = sort(concat(
    [for name, at in local.due : "${at} ${name}: rotation"],
    [for name, secret in local.watched : "${secret.previous_secret_expires_at} ${name}: the previous secret ends" if secret.previous_secret_expires_at != null],
    ["${oauthsecret_identity_service_client_secret.billing.expires_at} identity_service: the secret expires"],
  ))
}
