import requests
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet


def describe(it):
    it.uses(["joserfc"], "fetch the keys, again for an unknown `kid`; `JWTClaimsRegistry(leeway=…)`")

    def fetched():
        return KeySet.import_key_set(requests.get(f"{it.issuer}/.well-known/jwks.json", timeout=5).json())

    def make():
        keys = fetched()

        def decoded(token):
            # A service of yours fetches at most once in ten seconds.
            nonlocal keys
            try:
                return jwt.decode(token, keys, algorithms=["ES256"])
            except (InvalidKeyIdError, ValueError):
                keys = fetched()
                return jwt.decode(token, keys, algorithms=["ES256"])

        def verify(token, audience):
            found = decoded(token)
            assert found.header["typ"] == "at+jwt"
            rules = {"iss": it.issuer, "aud": audience}
            essential = {name: {"essential": True, "value": value} for name, value in rules.items()}
            jwt.JWTClaimsRegistry(**essential, exp={"essential": True}).validate(found.claims)
            return found.claims

        return verify

    it.verifies(make)
