# What the module asks of the provider. The provider is a mock: no credential, no network, no vendor.

mock_provider "oauthsecret" {}

variables {
  account_id          = "023e105f4ecef8ad9ca31a8372d0c353"
  oauth_client_id     = "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
  rotate_when_changed = { quarter = "2026-Q1" }
}

run "by_time" {
  command = plan

  assert {
    condition     = oauthsecret_cloudflare_client_secret.this.retire_previous_after == "24h"
    error_message = "Without complete the previous secret ends by time."
  }

  assert {
    condition     = length(oauthsecret_cloudflare_rotation_completion.this) == 0
    error_message = "Without complete nothing is completed."
  }
}

run "after_consumers" {
  command = plan

  variables {
    complete  = true
    consumers = ["a", "b"]
  }

  assert {
    condition     = length(oauthsecret_cloudflare_rotation_completion.this) == 1
    error_message = "With complete the rotation is completed after them."
  }

  assert {
    condition     = oauthsecret_cloudflare_client_secret.this.retire_previous_after == null
    error_message = "With complete the completion ends the previous secret."
  }
}

run "no_consumers" {
  command = plan

  variables {
    complete = true
  }

  expect_failures = [oauthsecret_cloudflare_rotation_completion.this]
}

run "sealed" {
  command = plan

  variables {
    encryption_recipients = ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"]
  }

  assert {
    condition     = length(oauthsecret_cloudflare_client_secret.this.encryption_recipients) == 1
    error_message = "The recipients reach the resource."
  }
}

run "adopt" {
  command = plan

  variables {
    adopt = true
  }

  assert {
    condition     = oauthsecret_cloudflare_client_secret.this.on_create == "adopt"
    error_message = "An adopted client is not rotated."
  }
}
