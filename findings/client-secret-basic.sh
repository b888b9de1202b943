#!/usr/bin/env bash
# Six OAuth clients, in their usual settings, send the same `client_secret_basic` in three ways.
#
# RFC 6749 section 2.3.1: id and secret are each encoded as a form's value, then joined by a colon and put into Basic.
# Guess, written down before the run: the three of npm encode what a form must (`~/+%=` and the space) and leave `-_.` as they
# are; of the three of PyPI, Authlib and oauthlib do the same, and httpx-oauth, which leaves it to httpx, does not.
# Seen: openid-client 6.8.1 and oauth4webapi 3.8.2 encode every sign that is no letter or digit, `-_.~` too; simple-oauth2
# 5.1.0 as guessed. Authlib 1.6.5, requests-oauthlib 2.0.0 and httpx-oauth 0.16.1 encode nothing.
# Why it matters: a server that compares the header as it stands refuses the first three even for a secret of base64url; one
# that decodes, as the RFC asks, refuses the last three for a secret with `+` or `%`. An issuer that makes its secrets of
# letters, digits, `-` and `_` and decodes is the one that all six get on with.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check authlib==1.6.5 requests==2.32.5 requests-oauthlib==2.0.0 oauthlib==3.3.1 httpx-oauth==0.16.1
npm install --silent --no-audit --no-fund openid-client@6.8.1 oauth4webapi@3.8.2 simple-oauth2@5.1.0
cat > server.mjs <<'END'
import { createServer } from 'node:http';
createServer((request, response) => {
  request.resume().on('end', () => {
    const basic = /^Basic (.*)$/.exec(request.headers.authorization ?? '')?.[1];
    console.log(basic ? Buffer.from(basic, 'base64').toString() : 'no Basic');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"access_token":"t","token_type":"bearer","active":true}');
  });
}).listen(0, '127.0.0.1', function () { console.error(this.address().port); });
END
node server.mjs > seen 2> port & server=$!
until [[ -s port ]]; do sleep 0.1; done
base=http://127.0.0.1:$(cat port)
id='note-service.2' secret='p-w_d.~/+%= 2'
cat > node.mjs <<'END'
import * as client from 'openid-client';
import * as oauth from 'oauth4webapi';
import { ClientCredentials } from 'simple-oauth2';
const [base, id, secret, library] = process.argv.slice(2);
const server = { issuer: base, introspection_endpoint: `${base}/introspect`, token_endpoint: `${base}/token` };
if (library === 'openid-client') {
  const config = new client.Configuration(server, id, undefined, client.ClientSecretBasic(secret));
  client.allowInsecureRequests(config);
  await client.tokenIntrospection(config, 't');
} else if (library === 'oauth4webapi') {
  await oauth.introspectionRequest(server, { client_id: id }, oauth.ClientSecretBasic(secret), 't', { [oauth.allowInsecureRequests]: true });
} else {
  await new ClientCredentials({ client: { id, secret }, auth: { tokenHost: base, tokenPath: '/token' } }).getToken({});
}
END
cat > ask.py <<'END'
import asyncio, os, sys
os.environ['OAUTHLIB_INSECURE_TRANSPORT'] = '1'
base, id, secret, library = sys.argv[1:]
if library == 'authlib':
    from authlib.integrations.requests_client import OAuth2Session
    OAuth2Session(id, secret, token_endpoint_auth_method='client_secret_basic').introspect_token(base + '/introspect', token='t')
elif library == 'requests-oauthlib':
    from oauthlib.oauth2 import BackendApplicationClient
    from requests_oauthlib import OAuth2Session
    OAuth2Session(client=BackendApplicationClient(client_id=id)).fetch_token(base + '/token', client_id=id, client_secret=secret)
else:
    from httpx_oauth.oauth2 import OAuth2
    client = OAuth2(id, secret, base + '/authorize', base + '/token', base + '/token', token_endpoint_auth_method='client_secret_basic')
    asyncio.run(client.refresh_token('t'))
END
expect() {
  local library=$1 wanted=$2
  case $library in
    authlib | requests-oauthlib | httpx-oauth) python/bin/python ask.py "$base" "$id" "$secret" "$library" ;;
    *) node node.mjs "$base" "$id" "$secret" "$library" ;;
  esac
  printf '%s sends %s\n' "$library" "$(tail -n 1 seen)"
  [[ $(tail -n 1 seen) == "$wanted" ]] || { echo "it has changed: $wanted was seen" >&2; exit 1; }
}
for library in openid-client oauth4webapi; do expect $library 'note%2Dservice%2E2:p%2Dw%5Fd%2E%7E%2F%2B%25%3D+2'; done
expect simple-oauth2 'note-service.2:p-w_d.~%2F%2B%25%3D+2'
for library in authlib requests-oauthlib httpx-oauth; do expect $library 'note-service.2:p-w_d.~/+%= 2'; done
