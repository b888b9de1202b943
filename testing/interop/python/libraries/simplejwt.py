import django_service


def describe(it):
    setting = "`ALGORITHM`, `JWK_URL`, `ISSUER`, `AUDIENCE`, `USER_ID_CLAIM`, `TOKEN_TYPE_CLAIM: None`; `LEEWAY`"
    it.uses(["djangorestframework-simplejwt", "PyJWT"], setting)
    django_service.ensure(it)
    from django.test import RequestFactory
    from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication
    from rest_framework_simplejwt.backends import TokenBackend
    from rest_framework_simplejwt.settings import api_settings
    from rest_framework_simplejwt.tokens import AccessToken

    def token_class(audience):
        # What the library builds of SIMPLE_JWT, with caches and an audience of its own.
        backend = TokenBackend(
            api_settings.ALGORITHM, audience=audience, issuer=api_settings.ISSUER, jwk_url=api_settings.JWK_URL
        )
        return type("ServiceToken", (AccessToken,), {"_token_backend": backend})

    def make():
        classes = {audience: token_class(audience) for audience in [it.audience, it.foreign]}

        def verify(token, audience):
            authentication = JWTStatelessUserAuthentication()
            header = authentication.get_header(RequestFactory().get("/", HTTP_AUTHORIZATION=f"Bearer {token}"))
            found = classes[audience](authentication.get_raw_token(header))
            return {"sub": authentication.get_user(found).id}

        return verify

    it.verifies(make)
