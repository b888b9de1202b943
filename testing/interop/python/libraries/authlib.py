import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from joserfc.jwk import KeySet


class Validator(JWTBearerTokenValidator):
    """With a key set that is fetched for each token: a service of yours keeps it for a while."""

    def get_jwks(self):
        return KeySet.import_key_set(requests.get(f"{self.issuer}/.well-known/jwks.json", timeout=5).json())


def describe(it):
    it.uses(["Authlib"], "`JWTBearerTokenValidator` with a `get_jwks` of yours; no leeway can be set")

    def make():
        def verify(token, audience):
            validator = Validator(issuer=it.issuer, resource_server=audience)
            found = validator.authenticate_token(token)
            validator.validate_token(found, [], None)
            return found

        return verify

    it.verifies(make)
    for method in ["client_secret_basic", "client_secret_post"]:
        session = OAuth2Session(
            it.service["id"],
            it.service["secret"],
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
        )

        def introspect(token, session=session):
            return session.introspect_token(f"{it.issuer}/api/auth/introspect", token).json()

        def revoke(token, session=session):
            session.revoke_token(f"{it.issuer}/api/auth/revoke", token).raise_for_status()

        it.introspects(introspect)
        it.revokes(revoke)

    def refreshes():
        session = OAuth2Session(it.client, token_endpoint_auth_method="none")
        tokens = it.native(session.headers["User-Agent"])
        answer = session.refresh_token(f"{it.issuer}/api/native/token", tokens["refresh_token"])
        assert answer["refresh_token"] != tokens["refresh_token"]

    it.does("refreshes as a native client", refreshes)
