import jwt


def describe(it):
    it.uses(["PyJWT"], '`algorithms=["ES256"]`, `audience`, `issuer`; `leeway` (none by default); `typ` by hand')

    def make():
        # An unknown kid is looked for once in `cooldown_duration` (30 s by default).
        keys = jwt.PyJWKClient(f"{it.issuer}/.well-known/jwks.json", timeout=5)

        def verify(token, audience):
            key = keys.get_signing_key_from_jwt(token)
            complete = jwt.decode_complete(token, key, algorithms=["ES256"], audience=audience, issuer=it.issuer)
            assert complete["header"]["typ"] == "at+jwt"
            return complete["payload"]

        return verify

    it.verifies(make)
