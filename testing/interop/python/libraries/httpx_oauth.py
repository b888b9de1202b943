import asyncio

import httpx
from httpx_oauth.oauth2 import OAuth2


def client(it, method, name=None, secret=None):
    return OAuth2(
        name or it.service["id"],
        it.service["secret"] if secret is None else secret,
        f"{it.issuer}/authorize",
        f"{it.issuer}/api/native/token",
        refresh_token_endpoint=f"{it.issuer}/api/native/token",
        revoke_token_endpoint=f"{it.issuer}/api/auth/revoke",
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
    )


def describe(it):
    setting = "`token_endpoint_auth_method`, at revocation, too; a native client: `client_secret_post`, empty secret"
    it.uses(["httpx-oauth"], setting)
    for method in ["client_secret_basic", "client_secret_post"]:
        it.revokes(lambda token, method=method: asyncio.run(client(it, method).revoke_token(token)))

    def refreshes(method):
        own = client(it, method, name=it.client, secret="")
        asyncio.run(own.refresh_token(it.native(f"python-httpx/{httpx.__version__}")["refresh_token"]))

    # It sends a secret always; Baton takes an empty one in the form as none.
    it.does("refreshes as a native client", lambda: refreshes("client_secret_post"))
    it.cannot("refresh by `client_secret_basic` as a native client", lambda: refreshes("client_secret_basic"))
    it.cannot("introspection", lambda: client(it, "client_secret_basic").introspect_token)
