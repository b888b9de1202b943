#!/usr/bin/env bash
# The flow by hand: register, me, refresh, a lost answer, a replay, a repeated login, logout. Run it against a server
# (`cargo xtask run`), with curl 7.82 or newer: docs/curl.sh [http://localhost:3000]. docs/curl.md shows what it prints.
set -euo pipefail
base=${1:-http://localhost:3000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Prints a command, runs it, and shows status, cookies and body; long secrets are cut.
show() {
  printf '\n$ curl'
  local word
  for word in "$@"; do
    case $word in
      *"$token"*) printf ' "%s"' "${word//$token/\$TOKEN}" ;;
      *[\ {]*) printf " '%s'" "$word" ;;
      *) printf ' %s' "$word" ;;
    esac
  done
  printf '\n'
  curl --silent --include "$@" | tr -d '\r' | tee answer |
    grep -E '^(HTTP|set-cookie|www-authenticate|session-ended|content-type|\{)' |
    sed -E 's/(__Host-Http-(refresh|devices)=)A[A-Za-z0-9_.-]+([A-Za-z0-9_-]{6});/\1…\3;/; s/eyJ[A-Za-z0-9._-]+([A-Za-z0-9_-]{6})/…\1/'
}
say() { printf '\n# %s\n' "$*"; }
token='no token yet'
keep_token() { token=$(sed -nE 's/.*"access_token":"([^"]+)".*/\1/p' answer); }

email="ada-$RANDOM$RANDOM@example.com"
say 'Register. The access token comes in the body, the refresh token in its cookie.'
show -c jar "$base/api/auth/register" --json "{\"email\":\"$email\",\"password\":\"velvet otter under glass\",\"name\":\"Ada\"}"
keep_token

say 'Who am I? The access token speaks; the cookie is not looked at.'
show "$base/api/me" -H "Authorization: Bearer $token"

say 'Refresh. The cookie is rotated; the attempt is named by its key.'
printf '\n$ cp jar jar-before\n'
cp jar jar-before
show -b jar -c jar -X POST "$base/api/auth/refresh" -H 'Idempotency-Key: attempt-1-of-this-shell'
keep_token

say 'Had that answer been lost: the same cookie and the same key get the same answer, however late.'
show -b jar-before -X POST "$base/api/auth/refresh" -H 'Idempotency-Key: attempt-1-of-this-shell'

say 'A thief has the same cookie, but not the key. That is a replay: 401, and the session is over.'
show -b jar-before -X POST "$base/api/auth/refresh"

say 'It is over for owner and thief: the newest refresh token, and the access token that has not expired.'
show -b jar -X POST "$base/api/auth/refresh" -H 'Idempotency-Key: attempt-2-of-this-shell'
show "$base/api/me" -H "Authorization: Bearer $token"

say 'Log in. A browser may send this again by itself when the answer is lost; the copy, by its key, gets the same session.'
login=("$base/api/auth/login" -H 'Idempotency-Key: login-1-of-this-shell' --json "{\"email\":\"$email\",\"password\":\"velvet otter under glass\"}")
show -c jar "${login[@]}"
show -c jar "${login[@]}"

say 'And out.'
printf '\n$ cp jar jar-before\n'
cp jar jar-before
show -b jar -c jar -X POST "$base/api/auth/logout"

say 'The cookie that was cleared would open nothing any more.'
show -b jar-before -X POST "$base/api/auth/refresh"
