"""One Django for the libraries that need one: its settings hold for a process."""

import logging
import pathlib
import tempfile

import django
from django.conf import settings
from django.core.management import call_command

# How long Django OAuth Toolkit accepts what introspection said. Its default is ten hours.
CACHING_SECONDS = 2


def ensure(it):
    if settings.configured:
        return
    # In the outage at the end it would print a page for each try.
    logging.getLogger("oauth2_provider").addHandler(logging.NullHandler())
    folder = tempfile.TemporaryDirectory(prefix="baton-interop-")
    it.keep = folder
    settings.configure(
        ALLOWED_HOSTS=["*"],
        USE_TZ=True,
        SECRET_KEY="interop-interop-interop-interop-",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": pathlib.Path(folder.name, "db")}},
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "oauth2_provider"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        LOGGING_CONFIG=None,
        SIMPLE_JWT={
            "ALGORITHM": "ES256",
            "JWK_URL": f"{it.issuer}/.well-known/jwks.json",
            "ISSUER": it.issuer,
            "AUDIENCE": it.audience,
            "USER_ID_CLAIM": "sub",
            "TOKEN_TYPE_CLAIM": None,
        },
        OAUTH2_PROVIDER={
            "RESOURCE_SERVER_INTROSPECTION_URL": f"{it.issuer}/api/auth/introspect",
            "RESOURCE_SERVER_INTROSPECTION_CREDENTIALS": (it.service["id"], it.service["secret"]),
            "RESOURCE_SERVER_TOKEN_CACHING_SECONDS": CACHING_SECONDS,
        },
    )
    django.setup()
    call_command("migrate", verbosity=0)
