"""The five calls of each client. A client prints its version, then a line for each answer: status and body."""

import sys
import uuid


def setting():
    return "setting" in sys.argv[2:]


def key():
    return str(uuid.uuid4())


def run(version, post):
    print(version)
    account = {"email": f"{key()}@example.com", "password": "velvet otter under glass", "name": "Ada"}
    for call, body in [("register", account), *[(call, None) for call in ("refresh", "refresh", "logout", "refresh")]]:
        status, text = post(f"{sys.argv[1]}/api/auth/{call}", body)
        print(status, text)
