// A Baton of this suite's own: a free port, a temporary folder, one service and one native client.

import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const PASSWORD = "velvet otter under glass";
const START_SECONDS = 30;
const ROTATION_SECONDS = 100;
/** The least that makes a pending key wait no longer than a minute and a bit. */
const JWKS_CACHE_SECONDS = "10";

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

export async function start(program) {
  const folder = mkdtempSync(join(tmpdir(), "baton-interop-"));
  const origin = `http://127.0.0.1:${await freePort()}`;
  const settings = ["--database", `sqlite:${join(folder, "baton.db")}`, "--keys", join(folder, "keys")];
  const cached = ["--jwks-cache-seconds", JWKS_CACHE_SECONDS];
  const address = ["--listen", origin.slice("http://".length), "--origin", origin, "--limits", "off"];
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("BATON_")));
  const server = spawn(program, ["serve", ...address, ...settings, ...cached], {
    env: environment,
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let lines = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (data) => (lines += data));
  const stop = () => {
    server.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  const command = async (...words) => {
    const { stdout } = await run(program, words, { env: environment, cwd: folder, timeout: 20_000 });
    return stdout.trim();
  };
  try {
    await until(START_SECONDS, () => lines.includes("listening on") || (server.exitCode !== null && fail(lines)));
    const database = settings.slice(0, 2);
    const secret = await command("services", "add", "interop", "--audience", origin, ...database);
    await command("clients", "add", "interop-app", "--name", "Interop", ...database);
    const context = {
      issuer: origin,
      audience: origin,
      foreign: "https://another.example",
      service: { id: "interop", secret },
      client: "interop-app",
      password: PASSWORD,
    };
    return { context, stop, token: () => token(origin), ...keys(command, [...settings, ...cached]) };
  } catch (error) {
    stop();
    throw error;
  }
}

function keys(command, settings) {
  const list = async (state) => {
    const lines = (await command("keys", "list", ...settings)).split("\n").map((line) => line.split(/\s+/));
    return lines.filter(([, purpose, found]) => purpose === "access" && found === state).map(([kid]) => kid);
  };
  return {
    /** Resolves when the pending key signs. */
    async rotate() {
      const [next] = await list("pending");
      await command("keys", "rotate", ...settings);
      await until(ROTATION_SECONDS, async () => (await list("active")).includes(next));
      // The server reads the ring within a second.
      await sleep(1_500);
    },
    /** Revokes what signs and what was to follow: the key that signs now has not been published before. */
    async revokeKeys() {
      const known = [...(await list("active")), ...(await list("pending"))];
      for (const kid of known) await command("keys", "revoke", "--yes", ...settings, "--", kid);
      await until(20, async () => (await list("active")).some((kid) => !known.includes(kid)));
      await sleep(1_500);
    },
  };
}

async function token(origin) {
  const body = JSON.stringify({ email: `${crypto.randomUUID()}@example.com`, password: PASSWORD, name: "Ada" });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${origin}/api/auth/register`, { method: "POST", headers, body });
  if (answer.status !== 201) throw new Error(`registration: ${answer.status} ${await answer.text()}`);
  return (await answer.json()).access_token;
}

async function until(seconds, holds) {
  const end = performance.now() + seconds * 1000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not so after ${seconds} s: ${holds}`);
    await sleep(300);
  }
}

function fail(text) {
  throw new Error(text);
}
