import os

import requests
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session


def describe(it):
    it.uses(["requests-oauthlib"], "`client_id` at refresh; `OAUTHLIB_INSECURE_TRANSPORT=1` over http")
    if it.issuer.startswith("http:"):
        os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

    def native():
        tokens = it.native(requests.utils.default_user_agent())
        return OAuth2Session(it.client, token=tokens), tokens

    def calls():
        session, _ = native()
        session.get(f"{it.issuer}/api/me").raise_for_status()

    def refreshes():
        session, before = native()
        after = session.refresh_token(f"{it.issuer}/api/native/token", client_id=it.client)
        assert after["refresh_token"] != before["refresh_token"]
        session.get(f"{it.issuer}/api/me").raise_for_status()

    def revoke(token):
        session = OAuth2Session(it.service["id"])
        revocation = session._client.prepare_token_revocation_request
        url, headers, body = revocation(f"{it.issuer}/api/auth/revoke", token, "access_token")
        credentials = HTTPBasicAuth(it.service["id"], it.service["secret"])
        answer = session.post(url, headers=headers, data=body, auth=credentials, withhold_token=True)
        answer.raise_for_status()

    def introspect(token):
        session = OAuth2Session(it.service["id"])
        credentials = HTTPBasicAuth(it.service["id"], it.service["secret"])
        url = f"{it.issuer}/api/auth/introspect"
        return session.post(url, data={"token": token}, auth=credentials, withhold_token=True).json()

    it.does("calls with a bearer token", calls)
    it.does("refreshes as a native client", refreshes)
    it.introspects(introspect)
    it.revokes(revoke)
