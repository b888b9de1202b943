// Starts Baton, puts every library in front of it, and prints the table. Three runners, for npm, PyPI, and services
// behind HTTP, work through the same stages side by side: fresh tokens, tokens of the next key, tokens of a key that
// no cache has seen, and no Baton at all.
// Usage: node run.mjs BATON PYTHON [--few] [PART OF A LIBRARY'S NAME...]
// A short run (`--few`) is of npm and PyPI alone, and without the next key, which has to wait for a minute.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { start } from "./baton.mjs";
import { markdown } from "./table.mjs";

const LIMIT_SECONDS = 300;
const { values, positionals } = parseArgs({ options: { few: { type: "boolean" } }, allowPositionals: true });
const few = values.few ?? false;
const [program, python, ...only] = positionals;
if (!program || !python) {
  console.error("usage: node run.mjs BATON PYTHON [--few] [LIBRARY...]");
  process.exit(2);
}

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const rows = [];
const children = [];
const baton = await start(program);
const limit = setTimeout(() => stop(`interop: not done after ${LIMIT_SECONDS} s`), LIMIT_SECONDS * 1000);
process.on("SIGINT", () => stop("interop: interrupted"));
process.on("SIGTERM", () => stop("interop: interrupted"));

function stop(reason) {
  for (const child of children) child.kill();
  baton.stop();
  console.error(reason);
  process.exit(1);
}

/** One language: a line of JSON in begins a stage, lines of JSON out are its rows, and `{"done": stage}` ends it. */
function runner(command, file) {
  const environment = { ...process.env, NO_PROXY: "*", no_proxy: "*", PYTHONDONTWRITEBYTECODE: "1" };
  const child = spawn(command, [here(file)], { stdio: ["pipe", "pipe", "inherit"], env: environment });
  children.push(child);
  const waiting = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line);
    if ("done" in message) waiting.shift()?.();
    else if ("skipped" in message) console.log(`skipped: ${message.skipped}`);
    else rows.push(message);
  });
  child.on("exit", (code) => {
    if (waiting.length > 0) stop(`interop: ${file} ended with ${code} in the middle of a stage`);
  });
  return {
    stage: (message) =>
      new Promise((done) => {
        waiting.push(done);
        child.stdin.write(`${JSON.stringify(message)}\n`);
      }),
    end: () => child.stdin.end(),
  };
}

const runners = [runner(process.execPath, "node/runner.mjs"), runner(python, "python/runner.py")];
if (!few) runners.push(runner(process.execPath, "services/runner.mjs"));
const stage = (message) => Promise.all(runners.map((it) => it.stage({ ...baton.context, few, only, ...message })));

const switched = few ? undefined : baton.rotate();
await stage({ stage: "fresh", token: await baton.token() });
await switched;
const rotated = await baton.token();
await stage({ stage: "rotated", token: rotated });
await baton.revokeKeys();
const last = await baton.token();
await stage({ stage: "unknown", token: last });
baton.stop();
await stage({ stage: "down", token: last });

clearTimeout(limit);
for (const it of runners) it.end();
for (const row of rows.filter((it) => it.outcome === "failed")) {
  console.log(`failed: ${row.library}: ${row.check}: ${row.detail}`);
}
if (!few) console.log(`${markdown(rows)}\n`);
const checks = rows.filter((it) => it.check);
const failed = checks.filter((it) => it.outcome === "failed").length;
console.log(`interop: ${checks.length - failed} passed, ${failed} failed`);
// Of a short run, the filters of other tests may leave nothing.
process.exitCode = failed > 0 || (rows.length === 0 && !few) ? 1 : 0;
