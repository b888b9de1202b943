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
    it.uses(["httpx-oauth"], "`token_endpoint_auth_method`, which is that of revocation, too")
    for method in ["client_secret_basic", "client_secret_post"]:
        it.revokes(lambda token, method=method: asyncio.run(client(it, method).revoke_token(token)))

    def refreshes(method):
        own = client(it, method, name=it.client, secret="")
        asyncio.run(own.refresh_token(it.native(f"python-httpx/{httpx.__version__}")["refresh_token"]))

    for method in ["client_secret_basic", "client_secret_post"]:
        it.cannot(f"refresh as a native client (sends a secret, {method})", lambda method=method: refreshes(method))
    it.cannot("introspection", lambda: client(it, "client_secret_basic").introspect_token)
