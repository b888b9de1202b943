"""urllib of Python's standard library. `python urllib_jar.py ORIGIN [setting]`"""

import json
import platform
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, Request, build_opener

from flow import key, run, setting
from policy import Development

policy = Development() if setting() else None
opener = build_opener(HTTPCookieProcessor(CookieJar(policy)))


def post(url, body):
    request = Request(url, method="POST", headers={"Idempotency-Key": key()})
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    try:
        with opener.open(request) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as answer:
        return answer.code, answer.read().decode()


run(f"Python {platform.python_version()}", post)
