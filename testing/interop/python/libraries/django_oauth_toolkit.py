from urllib.parse import urlsplit

import django_service


def describe(it):
    it.uses(
        ["django-oauth-toolkit"],
        "`RESOURCE_SERVER_INTROSPECTION_URL`, `…_CREDENTIALS`; `RESOURCE_SERVER_TOKEN_CACHING_SECONDS` "
        "(ten hours by default)",
    )
    django_service.ensure(it)
    from django.test import RequestFactory
    from oauth2_provider.contrib.rest_framework import OAuth2Authentication
    from oauth2_provider.models import AccessToken

    def authenticate(token, audience):
        # The audience has to be the beginning of the address that was called.
        host = urlsplit(audience).netloc
        request = RequestFactory().get("/", HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_HOST=host)
        return OAuth2Authentication().authenticate(request)

    def make():
        # Its cache is the database.
        AccessToken.objects.all().delete()

        def verify(token, audience):
            _, found = authenticate(token, audience)
            assert found.resource == [it.audience]
            return {"sub": it.subject(token)}

        return verify

    def user_of(token):
        return authenticate(token, it.audience)[0].get_username()

    def user_in_memory():
        token = it.session()
        assert it.call("GET", "/api/me", bearer=token)[0] == 200
        assert user_of(token).endswith("@example.com")

    it.verifies(make)
    it.does("knows the user of a session that Baton has met", user_in_memory)
    # The answer has no `username` then, and the library looks at nothing else.
    it.cannot("know the user of a session that Baton has not met since its login", lambda: user_of(it.session()))
