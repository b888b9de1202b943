// Two Batons of this suite's own, in a temporary folder: at http://localhost, and behind TLS at https://localhost.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";

const START_SECONDS = 30;

export async function start(program) {
  const folder = mkdtempSync(join(tmpdir(), "baton-clients-"));
  const children = [];
  const stop = () => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const ports = [await freePort(), await freePort()];
    const tls = certify(folder);
    const proxy = createTlsServer({ cert: tls.cert, key: tls.key }, (socket) => {
      const inner = connect(ports[1], "127.0.0.1");
      for (const it of [socket, inner]) it.on("error", () => [socket, inner].forEach((one) => one.destroy()));
      socket.pipe(inner).pipe(socket);
    });
    await new Promise((done) => proxy.listen(0, "127.0.0.1", done));
    proxy.unref();
    const origins = [`http://localhost:${ports[0]}`, `https://localhost:${proxy.address().port}`];
    await Promise.all(ports.map((port, index) => baton(program, join(folder, `${port}`), port, origins[index], children)));
    return { http: origins[0], https: origins[1], trust: tls.trust, stop };
  } catch (error) {
    stop();
    throw error;
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

function baton(program, folder, port, origin, children) {
  mkdirSync(folder);
  const address = ["--listen", `127.0.0.1:${port}`, "--origin", origin, "--limits", "off"];
  const settings = ["--database", "sqlite:baton.db", "--keys", "keys"];
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("BATON_")));
  const server = spawn(program, ["serve", ...address, ...settings], { cwd: folder, env });
  children.push(server);
  return new Promise((ready, failed) => {
    let lines = "";
    const late = setTimeout(() => failed(new Error(`not ready after ${START_SECONDS} s: ${lines}`)), START_SECONDS * 1000);
    for (const stream of [server.stdout, server.stderr]) {
      stream.on("data", (data) => {
        lines += data;
        if (!lines.includes("listening on")) return;
        clearTimeout(late);
        ready();
      });
    }
    server.on("exit", () => failed(new Error(lines)));
  });
}

/** A certificate authority for two days, its certificate for localhost, and how each client is made to trust it. */
function certify(folder) {
  const at = (name) => join(folder, name);
  const openssl = (...words) => execFileSync("openssl", words, { stdio: ["ignore", "ignore", "pipe"] });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", at("ca.key"), "-out", at("ca.pem"), "-days", "2", "-subj", "/CN=Baton clients");
  openssl("req", ...key, "-keyout", at("key.pem"), "-out", at("request.pem"), "-subj", "/CN=localhost");
  writeFileSync(at("extensions"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n");
  const authority = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial", "-days", "2"];
  openssl("x509", "-req", "-in", at("request.pem"), ...authority, "-extfile", at("extensions"), "-out", at("cert.pem"));
  const store = ["-keystore", at("trust.p12"), "-storepass", "changeit"];
  let java = {};
  try {
    execFileSync("keytool", ["-importcert", "-noprompt", "-alias", "ca", "-file", at("ca.pem"), ...store], { stdio: "ignore" });
    java = { JDK_JAVA_OPTIONS: `-Djavax.net.ssl.trustStore=${at("trust.p12")} -Djavax.net.ssl.trustStorePassword=changeit` };
  } catch {
    // No Java: its row says so.
  }
  const names = ["CA", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"];
  const trust = { ...java, ...Object.fromEntries(names.map((name) => [name, at("ca.pem")])) };
  return { cert: readFileSync(at("cert.pem")), key: readFileSync(at("key.pem")), trust };
}
