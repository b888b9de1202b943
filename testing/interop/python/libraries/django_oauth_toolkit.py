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

    def knows_the_user():
        assert user_of(it.session()).endswith("@example.com")

    it.verifies(make)
    it.does("knows the user", knows_the_user)
