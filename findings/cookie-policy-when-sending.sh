#!/usr/bin/env bash
# requests and httpx ask the policy of a cookie jar what to keep, and their own default what to send.
#
# `http.cookiejar` has two questions for a policy: may this cookie be kept (`set_ok`), and may it be sent (`return_ok`). Both
# libraries take a jar with a policy of the program's own. `DefaultCookiePolicy(secure_protocols=("https", "http"))` is the
# documented way to send `Secure` cookies to a development server at http://localhost, as browsers do.
# Guess, written down before the run: with it, urllib, requests and httpx send the cookie; aiohttp has another setting.
# Seen: urllib does. requests 2.34.2 and httpx 0.28.1 copy the cookies into a new jar for each request, which has the
# default policy, and send nothing, without a word. So also a policy that forbids a cookie to be sent has no effect. A
# policy that changes the cookie while it is kept (`set_ok` clears `secure`) works in all three.
# Why it matters: a login by either library succeeds, and the next call is refused as if there had been none. Who has set
# the policy looks for the mistake elsewhere.
set -euo pipefail

folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check httpx==0.28.1 requests==2.34.2

cat > server.py <<'END_OF_SERVER'
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        for name in ('plain=1', '__Host-secure=1; Secure'):
            self.send_header('Set-Cookie', f'{name}; Path=/')
        self.end_headers()
        self.wfile.write((self.headers['Cookie'] or 'no cookie').encode())

    def log_message(self, *_):
        pass


server = HTTPServer(('127.0.0.1', 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
END_OF_SERVER
cat > ask.py <<'END_OF_CLIENT'
import sys
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.request import HTTPCookieProcessor, build_opener

import httpx
import requests

url = f'http://localhost:{sys.argv[1]}/'


class Cleared(DefaultCookiePolicy):
    def set_ok(self, cookie, request):
        cookie.secure = False
        return super().set_ok(cookie, request)


class SendsNone(DefaultCookiePolicy):
    def return_ok(self, cookie, request):
        return False


def urllib(policy):
    opener = build_opener(HTTPCookieProcessor(CookieJar(policy)))
    return lambda: opener.open(url).read().decode()


def by_requests(policy):
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(policy)
    return lambda: session.get(url).text


def by_httpx(policy):
    client = httpx.Client(cookies=CookieJar(policy), trust_env=False)
    return lambda: client.get(url).text


policies = {
    'default': DefaultCookiePolicy,
    'secure_protocols': lambda: DefaultCookiePolicy(secure_protocols=('https', 'http')),
    'sends none': SendsNone,
    'clears secure': Cleared,
}
for name, policy in policies.items():
    for library in (urllib, by_requests, by_httpx):
        get = library(policy())
        get()
        print(f'{name}, {library.__name__.removeprefix("by_")}: {get()}')
END_OF_CLIENT

export no_proxy='*'
python/bin/python server.py > port & server=$!
until [ -s port ]; do sleep 0.1; done
python/bin/python ask.py "$(cat port)" | tee seen
diff - seen <<'END_OF_SEEN' || { echo 'this has changed'; exit 1; }
default, urllib: plain=1
default, requests: plain=1
default, httpx: plain=1
secure_protocols, urllib: plain=1; __Host-secure=1
secure_protocols, requests: plain=1
secure_protocols, httpx: plain=1
sends none, urllib: no cookie
sends none, requests: plain=1
sends none, httpx: plain=1
clears secure, urllib: plain=1; __Host-secure=1
clears secure, requests: plain=1; __Host-secure=1
clears secure, httpx: plain=1; __Host-secure=1
END_OF_SEEN
