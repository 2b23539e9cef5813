# The module against a vendor: run it against the simulator only, it rotates the secret for real.
#
#   terraform test -test-directory=tests/simulator

variables {
  oauth_client_id = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
}

run "create" {
  variables {
    rotate_when_changed = { quarter = "2026-Q1" }
  }

  assert {
    condition     = output.version > 0 && output.client_secret != null
    error_message = "The first apply makes the first secret."
  }
}

run "a_new_key_does_not_rotate" {
  variables {
    rotate_when_changed = { quarter = "2026-Q1", team = "payments" }
  }

  assert {
    condition     = oauthsecret_cloudflare_client_secret.this.rotation_reason == "created"
    error_message = "Only a changed value rotates."
  }
}

run "complete_after_consumers" {
  variables {
    rotate_when_changed = { quarter = "2026-Q1", team = "payments" }
    complete            = true
    consumers           = ["a"]
  }

  assert {
    condition     = oauthsecret_cloudflare_rotation_completion.this[0].version == output.version
    error_message = "The open rotation is completed."
  }
}

run "rotate" {
  variables {
    rotate_when_changed = { quarter = "2026-Q2", team = "payments" }
    complete            = true
    consumers           = ["a"]
  }

  assert {
    condition     = oauthsecret_cloudflare_client_secret.this.rotation_reason == "rotate_when_changed: quarter" && oauthsecret_cloudflare_rotation_completion.this[0].version == output.version
    error_message = "A changed value rotates, and the rotation is completed."
  }
}
