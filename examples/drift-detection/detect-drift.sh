#!/usr/bin/env bash
# Looks for client secrets that were rotated, deleted or expired elsewhere. Made for a nightly job: it changes nothing at
# a vendor, asks nothing, and prints no secret.
#
#   detect-drift.sh [--remember] [DIRECTORY]
#
# --remember writes what was seen to the state (terraform apply -refresh-only). Without it each run compares with the state
# of the last apply, and at a vendor that shows only whether there is a previous secret (Cloudflare), "rotated, and then the
# previous secret deleted" looks like nothing once both are done.
#
# Exit status, the same as that of "terraform plan -detailed-exitcode", except that warnings count as well:
#   0  nothing to do
#   1  the plan failed: nothing is known, look at the errors
#   2  an apply would change something, or the provider warns about a secret: somebody must look
#
# TERRAFORM names the program (default: terraform; tofu works too). The report is appended to the file that
# GITHUB_STEP_SUMMARY names, if that is set. Needs jq.
set -euo pipefail

remember=false
if [ "${1:-}" = --remember ]; then
  remember=true
  shift
fi
cd "${1:-.}"
terraform=${TERRAFORM:-terraform}
events=$(mktemp)
trap 'rm -f "$events"' EXIT

status=0
"$terraform" plan -json -detailed-exitcode -input=false -lock-timeout=5m >"$events" || status=$?

report() {
  echo "$1"
  if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
    echo "$1" >>"$GITHUB_STEP_SUMMARY"
  fi
}

# Prints one line for each event that the filter selects. What is not JSON (a crash) is left out here and shown below.
select_events() {
  jq -R -r "fromjson? | $1" <"$events"
}

errors=$(select_events 'select(.diagnostic.severity == "error") | "- \(.diagnostic.address // "the configuration"): \(.diagnostic.summary). \(.diagnostic.detail)"')
warnings=$(select_events 'select(.diagnostic.severity == "warning") | select(.diagnostic.address // "" | test("(^|\\.)oauthsecret_"))
  | "- \(.diagnostic.address): \(.diagnostic.summary). \(.diagnostic.detail)"')
changes=$(select_events 'select(.type == "planned_change") | "- \(.change.resource.addr): \(.change.action)"')

if [ "$status" -ne 0 ] && [ "$status" -ne 2 ]; then
  report "## The plan failed"
  report "${errors:-$(cat "$events")}"
  exit 1
fi

if [ -n "$warnings" ]; then
  status=2
  report "## The provider warns"
  report "$warnings"
fi
if [ -n "$changes" ]; then
  report "## The next apply would change"
  report "$changes"
fi
if [ "$status" -eq 0 ]; then
  report "No drift."
elif [ -z "$warnings$changes" ]; then
  report "## The next apply would change outputs only"
fi

if [ "$remember" = true ]; then
  "$terraform" apply -json -refresh-only -auto-approve -input=false -lock-timeout=5m >"$events" || {
    report "## What was seen could not be written to the state"
    report "$(cat "$events")"
    exit 1
  }
fi
exit "$status"
