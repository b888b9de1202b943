#!/usr/bin/env bash
# curl 7.88.1 (Debian 12) puts a cookie that an answer has removed back into the jar, if another cookie follows in the answer.
#
# A server removes a cookie by setting it with a time in the past or `Max-Age=0` (RFC 6265 section 3.1). `-b jar -c jar`
# reads a jar, and writes it at the end. With `-v` curl says of each removed cookie that it has been replaced, "expire 1".
# Guess, written down before the run: neither of two cookies that are removed is in the jar afterwards.
# Seen: the last one is gone; the one before it is there again, with its old value, and the next curl sends it. The order
# decides, not the names, and the second may be a new cookie. libcurl 8.23.0, in PyCurl 7.49.0, removes what it should.
# Why it matters: after a logout, a shell script has the cookie of its session still. A server that only removes the
# cookie, and does not end the session, has logged out no such script.
set -euo pipefail

folder=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
chmod 755 .
apt-get download -qq curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15
for package in *.deb; do dpkg -x "$package" .; done
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check --only-binary=:all: pycurl==7.49.0

cat > server.py <<'END_OF_SERVER'
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        for cookie in parse_qs(urlsplit(self.path).query).get('set', []):
            self.send_header('Set-Cookie', cookie)
        self.end_headers()

    def log_message(self, *_):
        pass


server = HTTPServer(('127.0.0.1', 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
END_OF_SERVER
cat > pycurl_get.py <<'END_OF_CLIENT'
import sys

import pycurl

curl = pycurl.Curl()
curl.setopt(curl.URL, sys.argv[1])
curl.setopt(curl.COOKIEFILE, 'jar')
curl.setopt(curl.COOKIEJAR, 'jar')
curl.setopt(curl.NOPROXY, '*')
curl.perform()
curl.close()
END_OF_CLIENT

python/bin/python server.py > port & server=$!
until [ -s port ]; do sleep 0.1; done
url="http://127.0.0.1:$(cat port)/"
debian() { LD_LIBRARY_PATH=$folder/usr/lib/x86_64-linux-gnu usr/bin/curl --silent --noproxy '*' -b jar -c jar "$1"; }
newer() { python/bin/python pycurl_get.py "$1"; }
removed() {
  local client=$1 first=$2 second=$3 seconds=${4:-0}
  : > jar
  "$client" "$url?set=a%3D1;Max-Age%3D1000&set=b%3D1;Max-Age%3D1000"
  "$client" "$url?set=$first%3D;Max-Age%3D0&set=$second%3D;Max-Age%3D$seconds"
  printf '%s, %s removed, then %s for %s s: jar has %s\n' "$client" "$first" "$second" "$seconds" \
    "$(awk -F'\t' 'NF > 5 { print $6 }' jar | sort | paste -sd ' ' | grep . || echo nothing)"
}
LD_LIBRARY_PATH=$folder/usr/lib/x86_64-linux-gnu usr/bin/curl --version > version
head -1 version
for client in debian newer; do
  removed $client a b
  removed $client b a
  removed $client a c 1000
done | tee seen
diff - seen <<'END_OF_SEEN' || { echo 'this has changed'; exit 1; }
debian, a removed, then b for 0 s: jar has a
debian, b removed, then a for 0 s: jar has b
debian, a removed, then c for 1000 s: jar has a b c
newer, a removed, then b for 0 s: jar has nothing
newer, b removed, then a for 0 s: jar has nothing
newer, a removed, then c for 1000 s: jar has b c
END_OF_SEEN
