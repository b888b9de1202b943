import requests
from joserfc import jwt
from joserfc.jwk import KeySet
from token_status_list import BitArray


def describe(it):
    it.uses(["token-status-list"], "verify the list's token first (joserfc)")

    def read(uri, idx):
        keys = KeySet.import_key_set(requests.get(f"{it.issuer}/.well-known/jwks.json", timeout=5).json())
        found = jwt.decode(requests.get(uri, timeout=5).text, keys, algorithms=["ES256"])
        assert found.header["typ"] == "statuslist+jwt" and found.claims["sub"] == uri
        jwt.JWTClaimsRegistry(leeway=5, exp={"essential": True}).validate(found.claims)
        return int(BitArray.load(found.claims["status_list"])[idx])

    it.reads_status(read)
