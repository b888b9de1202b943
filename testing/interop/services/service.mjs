// A service that verifies tokens behind HTTP: its process, with a clock of its own (rust/src/offset_clock.rs).

import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { accepts, Library, OUTAGE, say } from "../library.mjs";

const START_SECONDS = 20;
const CALL_MILLISECONDS = 10_000;

export const RUST = process.env.BATON_INTEROP_RUST;
const CLOCK = RUST && join(dirname(RUST), "liboffset_clock.so");

const running = [];
/** World-readable: Apache's workers are another user. */
const folder = mkdtempSync(join(tmpdir(), "baton-interop-"));
chmodSync(folder, 0o755);
let files = 0;

/** Ends the processes of all services. By a signal that they can pass on to their workers. */
export function stopAll() {
  for (const child of running) child.kill("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
}

/** Writes a file for a service; its path. */
export function file(name, text) {
  const path = join(folder, `${(files += 1)}-${name}`);
  writeFileSync(path, text);
  return path;
}

/** A new folder for a service; its path. */
export function directory(name) {
  const path = join(folder, `${(files += 1)}-${name}`);
  mkdirSync(path);
  return path;
}

/** The path of a program: the one that `variable` names, or one of `names` in the folders of programs. */
export function program(variable, ...names) {
  const folders = [...process.env.PATH.split(delimiter), "/usr/sbin", "/sbin"];
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [process.env[variable], ...found].find((path) => path && existsSync(path));
}

/** What a program prints. */
export const output = (command, ...words) =>
  execFileSync(command, words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();

export async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** The clock of a process: a file with what is added to the wall clock and to the monotonic one. */
class Clock {
  constructor(outage) {
    this.outage = outage;
    const path = file("clock", Buffer.alloc(16));
    this.offsets = openSync(path, "r+");
    this.environment = { LD_PRELOAD: CLOCK, OFFSET_CLOCK: path };
  }

  /** Caches go by the monotonic clock, which is never set back: that would stop timers. */
  set(seconds) {
    const offsets = BigInt64Array.of(BigInt(seconds), BigInt(this.outage ? seconds : 0));
    writeSync(this.offsets, new Uint8Array(offsets.buffer), 0, 16, 0);
  }

  /** Starts a process with this clock, and waits until `port` accepts connections. */
  async start(port, command, words, environment = {}) {
    const env = { ...process.env, ...environment, ...this.environment };
    // In a group of its own: Apache signals its whole group when it ends.
    const child = spawn(command, words, { env, cwd: folder, stdio: ["ignore", "ignore", "pipe"], detached: true });
    running.push(child);
    let log = "";
    child.stderr.on("data", (data) => (log = (log + data).slice(-2_000)));
    const end = performance.now() + START_SECONDS * 1000;
    while (!(await listens(port))) {
      if (child.exitCode !== null || performance.now() > end) throw new Error(`${command} does not start: ${log}`);
      await sleep(50);
    }
    return child;
  }
}

function listens(port) {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => socket.end(() => done(true)));
    socket.on("error", () => done(false));
  });
}

export class Service extends Library {
  /** Whether there is all it needs. If not, a line says what is missing. */
  has(needed) {
    const all = { ...needed, "the programs of testing/interop/rust": CLOCK && existsSync(CLOCK) };
    const missing = Object.keys(all).filter((name) => !all[name]);
    if (missing.length > 0) say({ skipped: `${this.name}: not here: ${missing.join(", ")}` });
    return missing.length === 0;
  }

  isCalled(version, setting) {
    this.fact("version", version);
    this.fact("setting", setting);
  }

  /** `start(audience, clock)` starts a process for an audience, and gives its address. */
  serves(start, options) {
    const make = async ({ outage = false } = {}) => {
      const clock = new Clock(outage);
      const addresses = new Map();
      const address = (audience) => {
        if (!addresses.has(audience)) addresses.set(audience, start(audience, clock));
        return addresses.get(audience);
      };
      await address(this.audience);
      const verify = async (token, audience) => subject(await call(await address(audience), token));
      return Object.assign(verify, { clock });
    };
    this.verifies(make, options);
  }

  async at(verify, seconds, work) {
    verify.clock.set(Math.round(seconds));
    try {
      return await work();
    } finally {
      verify.clock.set(0);
    }
  }

  /** A service that is not there has refused nothing. */
  async refused(work) {
    try {
      await work();
    } catch (error) {
      if ([401, 403].includes(error.status)) return;
      throw error;
    }
    throw new Error("accepted");
  }

  /** Time goes forward alone. A timer that is due runs after the first call. */
  async outage(verify, token) {
    for (const [seconds, meaning] of Object.entries(OUTAGE)) {
      verify.clock.set(Number(seconds));
      await accepts(() => verify(token, this.audience));
      await sleep(2_000);
      if (!(await accepts(() => verify(token, this.audience)))) return meaning;
    }
    return "not in 11 min";
  }
}

function call(address, token) {
  const headers = { authorization: `Bearer ${token}` };
  return fetch(address, { headers, signal: AbortSignal.timeout(CALL_MILLISECONDS) });
}

/** From the claims, or a header for which a gateway has a line. */
async function subject(answer) {
  const text = await answer.text();
  if (answer.status !== 200) throw Object.assign(new Error(`${answer.status} ${text}`), { status: answer.status });
  return { sub: answer.headers.get("x-subject") ?? JSON.parse(text).sub };
}
