#!/usr/bin/env bash
# HAProxy 2.6.12 (Debian 12) finds no claim whose text has an escaped slash, and none that is an array.
#
# `jwt_payload_query` reads claims for the rules of a gateway. A solidus may be escaped in JSON (RFC 8259 section 7), and
# encoders do so by default, such as PHP's; `aud` may be a string or an array (RFC 7519 section 4.1.3).
# Guess, written down before the run: both escapes, `\/` and `\u0070`, are read; of an array, `$.aud` gives the JSON text.
# Seen: the signatures are valid. `"iss":"https:\/\/issuer.example"` gives nothing, `"a\u0070i"` gives `api`. `$.aud` of
# `["api"]` gives nothing, `$.aud[0]` gives `api`.
# Why it matters: a rule that demands issuer and audience refuses every token of such an issuer, although all are valid, and
# nothing is logged. Of an array, each place has to be asked for.
set -euo pipefail

folder=$(mktemp -d)
trap 'kill "${haproxy:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
chmod 755 .
apt-get download -qq haproxy=2.6.12-1+deb12u4 liblua5.3-0 libopentracing-c-wrapper0 libopentracing1
for package in *.deb; do dpkg -x "$package" .; done
export LD_LIBRARY_PATH=$folder/usr/lib/x86_64-linux-gnu
usr/sbin/haproxy -v > version
head -1 version

cat > make.mjs <<'END'
import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
writeFileSync('public.pem', publicKey.export({ type: 'spki', format: 'pem' }));
const part = (json) => Buffer.from(json).toString('base64url');
const claims = {
  plain: String.raw`{"iss":"https://issuer.example","aud":"api"}`,
  slash: String.raw`{"iss":"https:\/\/issuer.example","aud":"api"}`,
  unicode: String.raw`{"iss":"https://issuer.example","aud":"a\u0070i"}`,
  array: String.raw`{"iss":"https://issuer.example","aud":["api"]}`,
};
for (const [name, json] of Object.entries(claims)) {
  const signed = `${part('{"alg":"ES256","typ":"at+jwt"}')}.${part(json)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  writeFileSync(name, `${signed}.${signature.toString('base64url')}`);
}
END
LD_LIBRARY_PATH='' node make.mjs

port=$(LD_LIBRARY_PATH='' python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat > haproxy.cfg <<END
defaults
  mode http
  timeout client 5s
  timeout connect 5s
  timeout server 5s
frontend edge
  bind 127.0.0.1:$port
  http-request set-var(txn.token) http_auth_bearer
  http-request set-var(txn.valid) var(txn.token),jwt_verify('ES256','$folder/public.pem')
  http-request set-var(txn.iss) var(txn.token),jwt_payload_query('\$.iss')
  http-request set-var(txn.aud) var(txn.token),jwt_payload_query('\$.aud')
  http-request set-var(txn.first) var(txn.token),jwt_payload_query('\$.aud[0]')
  http-request return status 200 content-type text/plain lf-string "valid=%[var(txn.valid)] iss=%[var(txn.iss)] aud=%[var(txn.aud)] aud[0]=%[var(txn.first)]\n"
END
usr/sbin/haproxy -f haproxy.cfg -db 2>/dev/null &
haproxy=$!
for _ in $(seq 100); do
  (: < "/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
  sleep 0.1
done

for token in plain slash unicode array; do
  printf '%s: ' "$token"
  LD_LIBRARY_PATH='' curl --silent --max-time 10 --oauth2-bearer "$(cat "$token")" "http://127.0.0.1:$port/"
done | tee seen
diff - seen <<'END' || { echo 'this has changed'; exit 1; }
plain: valid=1 iss=https://issuer.example aud=api aud[0]=
slash: valid=1 iss= aud=api aud[0]=
unicode: valid=1 iss=https://issuer.example aud=api aud[0]=
array: valid=1 iss=https://issuer.example aud= aud[0]=api
END
