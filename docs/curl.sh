#!/usr/bin/env bash
# The flow by hand: register, me, refresh, a lost answer, a replay, a repeated login, logout; then wrong addresses, and
# what a service asks. Run it against a server (`cargo xtask run`), with curl 7.82 or newer, and for the last part with
# the secret that `baton services add notes --audience http://localhost:3000` prints:
# docs/curl.sh [http://localhost:3000 [SECRET]]. docs/curl.md shows what it prints.
set -euo pipefail
base=${1:-http://localhost:3000}
secret=${2:-no secret}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Prints a command, runs it, and shows status, cookies and body; long secrets are cut.
show() {
  printf '\n$ curl'
  local word shown
  for word in "$@"; do
    shown=${word//"$token"/\$TOKEN}
    shown=${shown//"$secret"/\$SECRET}
    case $shown in
      *\$TOKEN* | *\$SECRET*) printf ' "%s"' "$shown" ;;
      *[\ {\&]*) printf " '%s'" "$shown" ;;
      *) printf ' %s' "$shown" ;;
    esac
  done
  printf '\n'
  curl --silent --include "$@" | tr -d '\r' | tee answer |
    grep -E '^(HTTP|location|set-cookie|www-authenticate|session-ended|content-type|\{)' |
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

say 'No cookie came: many HTTP clients keep a Secure cookie and do not send it over http.'
show -X POST "$base/api/auth/refresh"

other=${base/localhost/127.0.0.1}
if [ "$other" != "$base" ]; then
  say 'By another loopback name: a page leads to the origin, and a call that fails names it.'
  show "$other/login?next=%2Fnotes"
  show -X POST "$other/api/auth/refresh"
fi

say 'A well-known document that is not served is a problem, not a page.'
show "$base/.well-known/openid-configuration"

if [ "$secret" = 'no secret' ]; then exit; fi

say 'A service asks about a token, with its credentials in the header or in the form.'
curl --silent "$base/api/auth/login" --json "{\"email\":\"$email\",\"password\":\"velvet otter under glass\"}" >answer
keep_token
in_form=(-d client_id=notes -d "client_secret=$secret")
show "$base/api/auth/introspect" -u "notes:$secret" -d "token=$token"
show "$base/api/auth/introspect" "${in_form[@]}" -d "token=$token"

say 'In both, or wrong: refused, here and at revocation, before anything happens.'
show "$base/api/auth/introspect" -u "notes:$secret" "${in_form[@]}" -d "token=$token"
show "$base/api/auth/revoke" -u notes:wrong -d "token=$token"
show "$base/api/auth/revoke" -d client_id=notes -d client_secret=wrong -d "token=$token"

say 'The service revokes the token, and its session with it.'
show "$base/api/auth/revoke" "${in_form[@]}" -d "token=$token"
show "$base/api/auth/introspect" -u "notes:$secret" -d "token=$token"
