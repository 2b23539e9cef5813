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
# Exit status:
#   0  no secret has drifted, no client is gone, no check fails
#   1  the plan failed: nothing is known, look at the errors
#   2  somebody must look
#
# The status of "terraform plan -refresh-only -detailed-exitcode" itself is not used: it is 2 for every fact that moved, such
# as has_previous_secret after a completion, and not for drift that is in state already.
#
# TERRAFORM names the program (default: terraform; tofu works too). The report is appended to the file that
# GITHUB_STEP_SUMMARY names, if that is set. Needs jq.
set -euo pipefail
umask 077 # a plan file holds what the state holds

remember=false
if [ "${1:-}" = --remember ]; then
  remember=true
  shift
fi
cd "${1:-.}"
terraform=${TERRAFORM:-terraform}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

report() {
  echo "$1"
  if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
    echo "$1" >>"$GITHUB_STEP_SUMMARY"
  fi
}

# Prints one line for each diagnostic of a severity. What is not JSON (a crash) is left out here and shown below.
diagnostics() {
  jq -R -r --arg severity "$1" 'fromjson? | .diagnostic // empty | select(.severity == $severity)
    | "- \(.address // "the configuration"): \(.summary). \(.detail)"' <"$work/events"
}

if ! "$terraform" plan -refresh-only -json -input=false -lock-timeout=5m -out="$work/plan" >"$work/events"; then
  report "## The plan failed"
  errors=$(diagnostics error)
  report "${errors:-$(cat "$work/events")}"
  exit 1
fi

# Three things count: a secret whose drift is set, whether this run saw it first (then it is an entry of resource_drift) or it
# was in state already; a client that is gone; and a check that fails. An entry of resource_drift by itself is no drift of a
# secret: any fact that moved is one.
"$terraform" show -json "$work/plan" | jq -r '
  def secrets: select(.type | test("^oauthsecret_.*_client_secret$"));
  ([.resource_drift[]? | secrets | {key: .address, value: .change}] | from_entries) as $moved
  | ([.prior_state.values? // {} | .. | objects | select(.mode? == "managed") | secrets | select(.values.drift != null)
      | "- \(.address): drift is \(.values.drift)" + (if $moved[.address] != null and $moved[.address].before.drift != .values.drift then ", seen for the first time" else "" end)]
    + [$moved | to_entries[] | select(.value.actions == ["delete"]) | "- \(.key): the client is gone"]
    + [.checks[]? | select(.status == "fail") | .address.to_display as $name | .instances[]?.problems[]?.message | "- \($name): \(.)"])
  | .[]' >"$work/findings"

status=0
if [ -s "$work/findings" ]; then
  status=2
  report "## Somebody must look"
  report "$(cat "$work/findings")"
  warnings=$(diagnostics warning)
  if [ -n "$warnings" ]; then
    report "## What the provider says"
    report "$warnings"
  fi
else
  report "No drift."
fi

if [ "$remember" = true ]; then
  "$terraform" apply -json -refresh-only -auto-approve -input=false -lock-timeout=5m >"$work/events" || {
    report "## What was seen could not be written to the state"
    report "$(cat "$work/events")"
    exit 1
  }
fi
exit "$status"
