// It reads no key sets: a script of the service's own writes the keys as PEM, a rule for each, and reloads it.

import { createPublicKey } from "node:crypto";
import { writeFileSync } from "node:fs";
import { file, freePort, output, program } from "../service.mjs";

const POLL_MILLISECONDS = 1_000;

const pem = (key) => createPublicKey({ key, format: "jwk" }).export({ type: "spki", format: "pem" });

function configuration(it, audience, port, keys) {
  const files = keys.map((key) => [key.kid, file("key.pem", pem(key))]);
  const claim = (name, type = "") => `var(txn.token),jwt_payload_query('$.${name}'${type})`;
  const required = [
    `{ var(txn.valid) -m str 1 }`,
    `{ var(txn.token),jwt_header_query('$.alg') -m str ES256 }`,
    `{ var(txn.token),jwt_header_query('$.typ') -m str at+jwt }`,
    `{ ${claim("iss")} -m str ${it.issuer} }`,
    // Of several audiences, each place is asked for: '$.aud[0]'.
    `{ ${claim("aud")} -m str ${audience} }`,
    `{ var(txn.left) -m int gt 0 }`,
  ];
  return `
defaults
  mode http
  timeout client 5s
  timeout connect 5s
  timeout server 5s
frontend edge
  bind 127.0.0.1:${port}
  option httpclose
  http-request set-var(txn.token) http_auth_bearer
  http-request set-var(txn.kid) var(txn.token),jwt_header_query('$.kid')
${files.map(([kid, path]) => `  http-request set-var(txn.valid) var(txn.token),jwt_verify('ES256','${path}') if { var(txn.kid) -m str -- ${kid} }`).join("\n")}
  http-request set-var(txn.now) date
  http-request set-var(txn.left) ${claim("exp", ",'int'")},sub(txn.now)
${required.map((rule) => `  http-request deny deny_status 401 unless ${rule}`).join("\n")}
  http-request return status 200 hdr X-Subject %[${claim("sub")}]
`;
}

export default function (it) {
  const haproxy = program("BATON_HAPROXY", "haproxy");
  if (!it.has({ haproxy })) return;
  const [, version] = output(haproxy, "-v").match(/version (\S+?)-/);
  it.isCalled(version, "`jwt_verify` with a PEM file for each key, by a script of yours; rules for each claim");
  const fetched = async () => (await (await fetch(`${it.issuer}/.well-known/jwks.json`)).json()).keys;
  it.serves(async (audience, clock) => {
    const port = await freePort();
    let known = await fetched();
    const path = file("haproxy.cfg", configuration(it, audience, port, known));
    const child = await clock.start(port, haproxy, ["-W", "-db", "-f", path]);
    const follow = async () => {
      const keys = await fetched().catch(() => known);
      if (JSON.stringify(keys) === JSON.stringify(known)) return;
      known = keys;
      writeFileSync(path, configuration(it, audience, port, keys));
      child.kill("SIGUSR2");
    };
    setInterval(follow, POLL_MILLISECONDS).unref();
    return `http://127.0.0.1:${port}/`;
  });
}
