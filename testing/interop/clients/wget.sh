#!/usr/bin/env bash
# wget: wget.sh ORIGIN [setting]
source "$(dirname "$0")/flow.sh"
set +o pipefail
touch jar
post() {
  local body=(); [ $# = 1 ] || body=(--header 'Content-Type: application/json' --body-data "$2")
  # The fourth column is Secure.
  [ "$setting" = '' ] || awk -F'\t' -v OFS='\t' 'NF > 6 { $4 = "FALSE" } 1' jar >changed
  [ "$setting" = '' ] || mv changed jar
  # wget shows no body of a 401; its debug output does.
  wget -dSO- --content-on-error --method=POST --load-cookies jar --save-cookies jar --keep-session-cookies \
    --header "Idempotency-Key: $(key)" "${body[@]}" ${CA:+--ca-certificate "$CA"} "$origin/api/auth/$1" 2>&1 |
    sed 's/^Skipping .* body: \[//'
}
wget --version | awk 'NR == 1 { print $3 }'
run
