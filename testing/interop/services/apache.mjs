// Apache with mod_auth_openidc as a resource server (`AuthType oauth20`), in the foreground.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { directory, file, freePort, output, program } from "./service.mjs";

const MODULES = "/usr/lib/apache2/modules";

/** Baton behind TLS: the module asks over https alone. */
async function secured(issuer, openssl) {
  const [key, certificate] = [file("key.pem", ""), file("certificate.pem", "")];
  const name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  output(openssl, "req", "-x509", ...kind, ...name, "-keyout", key, "-out", certificate);
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (client) => {
    const baton = connect(new URL(issuer).port, "127.0.0.1");
    client.pipe(baton).pipe(client);
    for (const [one, other] of [[client, baton], [baton, client]]) one.on("error", () => other.destroy());
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { origin: `https://127.0.0.1:${server.unref().address().port}`, certificate };
}

/** `directives(origin)` are the module's, with Baton at that origin. */
export async function describe(it, setting, directives, options) {
  const apache = program("BATON_APACHE", "apache2");
  const module = existsSync(`${MODULES}/mod_auth_openidc.so`);
  const openssl = program("BATON_OPENSSL", "openssl");
  if (!it.has({ apache2: apache, "libapache2-mod-auth-openidc": module, openssl })) return;
  it.isCalled(output("dpkg-query", "-W", "-f", "${Version}", "libapache2-mod-auth-openidc"), setting);
  const { origin, certificate } = await secured(it.issuer, openssl);
  const loaded = ["mpm_prefork", "authn_core", "authz_core", "authz_user", "headers", "auth_openidc"];
  it.serves(async (audience, clock) => {
    const port = await freePort();
    const [root, pages] = [directory("apache"), directory("pages")];
    writeFileSync(join(pages, "page"), "");
    const path = file("apache.conf", `
Listen 127.0.0.1:${port}
ServerName 127.0.0.1
ServerRoot ${root}
DefaultRuntimeDir ${root}
PidFile ${root}/pid
Mutex file:${root} default
DocumentRoot ${pages}
ErrorLog ${root}/log
LogLevel error
User www-data
Group www-data
${loaded.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join("\n")}
StartServers 2
MaxRequestWorkers 4
KeepAlive Off
OIDCCryptoPassphrase interop
OIDCCABundlePath ${certificate}
${directives(origin)}
<Location />
  AuthType oauth20
  <RequireAll>
    Require claim iss:${it.issuer}
    Require claim aud:${audience}
  </RequireAll>
  Header always set X-Subject "%{OIDC_CLAIM_sub}e"
</Location>
`);
    await clock.start(port, apache, ["-f", path, "-DFOREGROUND"]);
    return `http://127.0.0.1:${port}/page`;
  }, options);
}
