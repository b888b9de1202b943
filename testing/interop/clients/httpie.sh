#!/usr/bin/env bash
# HTTPie: httpie.sh ORIGIN
source "$(dirname "$0")/flow.sh"
export HTTPIE_CONFIG_DIR=$folder
post() {
  http --ignore-stdin --print=hb --session=./session.json --raw "${2:-}" \
    POST "$origin/api/auth/$1" "Idempotency-Key:$(key)" Content-Type:application/json
}
http --version
run
