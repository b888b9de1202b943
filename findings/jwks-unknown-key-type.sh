#!/usr/bin/env bash
# One key of a type that a library does not know takes the whole JWKS from it; in python-jose, the order decides.
#
# RFC 7517 section 5: keys whose `kty` is not understood should be ignored. The token is signed by the EC key `today`, which
# its header names; beside that key stands `next`: of type AKP (ML-DSA), or OKP (Ed25519, RFC 8037).
# Guess, written down before the run: python-jose tries each key and passes over those that it cannot read; node-jose knows
# OKP; Authlib, jwskate and josepy refuse the set with AKP, and read the one with OKP.
# Seen: python-jose 3.5.0 does not look at `kid`. It tries the keys in the order of the set and raises at the first that it
# cannot read, so the same token is valid if `next` stands last, and an error if it stands first. node-jose 2.2.0 and josepy
# 2.2.0 refuse both sets in any order; Authlib 1.9.10 (`authlib.jose`) and jwskate 0.12.2, the one with AKP.
# Why it matters: an issuer that announces a key of a new type before it signs with it takes these services down at once.
# A new key goes to the end of the set, and a key of a new type better into a set of its own.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check \
  authlib==1.9.10 josepy==2.2.0 jwskate==0.12.2 python-jose==3.5.0
npm install --silent --no-audit --no-fund node-jose@2.2.0

cat > make.mjs <<'END'
import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';

const jwk = ({ publicKey }, members) => ({ ...publicKey.export({ format: 'jwk' }), use: 'sig', ...members });
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const today = jwk(pair, { kid: 'today', alg: 'ES256' });
const next = {
  AKP: { kty: 'AKP', alg: 'ML-DSA-44', kid: 'next', use: 'sig', pub: Buffer.alloc(1312, 7).toString('base64url') },
  OKP: jwk(generateKeyPairSync('ed25519'), { kid: 'next', alg: 'EdDSA' }),
};
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const signed = `${part({ alg: 'ES256', typ: 'at+jwt', kid: 'today' })}.${part({ sub: 'alice', exp: 4102444800 })}`;
const signature = sign('sha256', Buffer.from(signed), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' });
writeFileSync('token', `${signed}.${signature.toString('base64url')}`);
writeFileSync('alone', JSON.stringify({ keys: [today] }));
for (const [type, key] of Object.entries(next)) {
  writeFileSync(`${type}-first`, JSON.stringify({ keys: [key, today] }));
  writeFileSync(`${type}-last`, JSON.stringify({ keys: [today, key] }));
}
END

cat > verify.py <<'END'
import json
import sys

import josepy
import jwskate
from authlib.jose import JsonWebKey, JsonWebToken
from jose import jwt

token = open('token').read()


def python_jose(keys):
    return jwt.decode(token, keys, algorithms=['ES256'])['sub']


def authlib(keys):
    return JsonWebToken(['ES256']).decode(token, JsonWebKey.import_key_set(keys))['sub']


def jwskate_(keys):
    signed = jwskate.SignedJwt(token)
    return signed.subject if signed.verify_signature(jwskate.JwkSet(keys), alg='ES256') else 'refused'


def josepy_(keys):
    keys = {key['kid']: josepy.JWK.from_json(key) for key in keys['keys']}
    signed, signature = token.rsplit('.', 1)
    valid = josepy.ES256.verify(keys['today'].key, signed.encode(), josepy.b64decode(signature))
    return 'alice' if valid else 'refused'


for library in [python_jose, authlib, jwskate_, josepy_]:
    try:
        seen = library(json.load(open(sys.argv[1])))
    except Exception as error:
        seen = type(error).__name__
    print(f'{library.__name__.strip("_")}: {seen}')
END

cat > verify.mjs <<'END'
import { readFileSync } from 'node:fs';
import jose from 'node-jose';

try {
  const keys = await jose.JWK.asKeyStore(readFileSync(process.argv[2], 'utf8'));
  const { payload } = await jose.JWS.createVerify(keys).verify(readFileSync('token', 'utf8'));
  console.log(`node-jose: ${JSON.parse(payload).sub}`);
} catch (error) {
  console.log(`node-jose: ${error.message}`);
}
END

node make.mjs
for keys in alone AKP-first AKP-last OKP-first OKP-last; do
  echo "$keys"
  python/bin/python verify.py "$keys" 2>/dev/null
  node verify.mjs "$keys"
done | tee seen

diff - seen <<'END' || { echo 'this has changed'; exit 1; }
alone
python_jose: alice
authlib: alice
jwskate: alice
josepy: alice
node-jose: alice
AKP-first
python_jose: JWKError
authlib: KeyError
jwskate: InvalidJwk
josepy: UnrecognizedTypeError
node-jose: unsupported key type
AKP-last
python_jose: alice
authlib: KeyError
jwskate: InvalidJwk
josepy: UnrecognizedTypeError
node-jose: unsupported key type
OKP-first
python_jose: JWKError
authlib: alice
jwskate: alice
josepy: UnrecognizedTypeError
node-jose: unsupported key type
OKP-last
python_jose: alice
authlib: alice
jwskate: alice
josepy: UnrecognizedTypeError
node-jose: unsupported key type
END
