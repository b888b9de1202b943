// The browser's flow by HTTP clients with cookie jars of their own, over http://localhost and over https: register,
// refresh twice, log out, refresh once more. Prints a table; fails if a client is missing or behaves otherwise than
// `EXPECTED` says.
// Usage: node run.mjs BATON FOLDER [CLIENT], after `install.sh FOLDER`. About two minutes.

import { execFile } from "node:child_process";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { start } from "./servers.mjs";

const [program, given, only] = process.argv.slice(2);
if (!program || !given) {
  console.error("usage: node run.mjs BATON FOLDER [CLIENT]");
  process.exit(2);
}
const here = dirname(fileURLToPath(import.meta.url));
const folder = resolve(given);
const node = (name) => [process.execPath, `${name}.mjs`];
const python = (name) => [join(folder, "python/bin/python"), "-B", `${name}_jar.py`];
const shell = (name) => ["bash", `${name}.sh`];
const rust = join(folder, "rust/debug/clients");

const COMMANDS = {
  aiohttp: python("aiohttp"),
  curl: shell("curl"),
  Go: [join(folder, "python/bin/go"), "run", "go/main.go"],
  got: node("got"),
  HTTPie: shell("httpie"),
  httpx: python("httpx"),
  hurl: shell("hurl"),
  Java: ["java", "java/Jar.java"],
  Playwright: node("playwright"),
  requests: python("requests"),
  reqwest: [rust, "reqwest"],
  supertest: node("supertest"),
  "tough-cookie": node("tough-cookie"),
  ureq: [rust, "ureq"],
  urllib: python("urllib"),
  wget: shell("wget"),
  xh: shell("xh"),
};
const WORKS = "201 200 200 204 401";
const REFUSED = "201 401 401 204 401";
const AT_ONCE = ["works", "", "works"];
const BY_SETTING = [`no cookie: ${REFUSED}`, "works", "works"];
/** Over http as it comes; over http with the setting, if it needs one; over https as it comes. */
const EXPECTED = {
  aiohttp: BY_SETTING,
  curl: ["works, keeps a cookie", "", "works, keeps a cookie"],
  Go: AT_ONCE,
  got: AT_ONCE,
  HTTPie: AT_ONCE,
  httpx: BY_SETTING,
  hurl: AT_ONCE,
  Java: BY_SETTING,
  Playwright: AT_ONCE,
  requests: BY_SETTING,
  reqwest: AT_ONCE,
  supertest: [`no cookie: ${REFUSED}`, "works, keeps a cookie", "works, keeps a cookie"],
  "tough-cookie": AT_ONCE,
  ureq: AT_ONCE,
  urllib: BY_SETTING,
  wget: BY_SETTING,
  xh: AT_ONCE,
};

const run = promisify(execFile);
const servers = await start(program);
process.on("exit", servers.stop);
const environment = {
  ...process.env,
  CLIENTS: folder,
  PATH: `${join(folder, "python/bin")}:${join(folder, "hurl/bin")}:${process.env.PATH}`,
  NO_PROXY: "*",
  no_proxy: "*",
  CGO_ENABLED: "0",
  GO111MODULE: "off",
  GOCACHE: join(folder, "go"),
};

/** What a client prints: its version, then status and body of each answer. */
async function outcome(command, origin, settings, mode = []) {
  try {
    const options = { cwd: here, env: { ...environment, ...settings }, timeout: 300_000 };
    const { stdout } = await run(command[0], [...command.slice(1), origin, ...mode], options);
    const [version, ...answers] = stdout.trim().split("\n");
    const statuses = answers.map((it) => it.split(" ")[0]).join(" ");
    if (statuses === WORKS) {
      return { version, said: answers.at(-1).includes("No refresh cookie") ? "works" : "works, keeps a cookie" };
    }
    const named = answers[1]?.includes("No refresh cookie") ? "no cookie" : "refused";
    return { version, said: `${named}: ${statuses}` };
  } catch (error) {
    return { version: "", said: `failed: ${(error.stderr || error.message).trim().split("\n").at(-1)}` };
  }
}

let wrong = 0;
const clients = Object.entries(COMMANDS).filter(([client]) => !only || only === client);
console.log("| client | version | http | with the setting | https |\n| --- | --- | --- | --- | --- |");
for (const [client, command] of clients) {
  const { http, https, trust } = servers;
  const plain = await outcome(command, http, {});
  const set = plain.said.startsWith("works") ? { said: "" } : await outcome(command, http, {}, ["setting"]);
  const secure = await outcome(command, https, trust);
  if (!secure.said.startsWith("works")) {
    secure.said += `; with the setting ${(await outcome(command, https, trust, ["setting"])).said}`;
  }
  const said = [plain.said, set.said, secure.said];
  console.log(`| ${[client, plain.version, ...said].join(" | ")} |`);
  if (JSON.stringify(said) !== JSON.stringify(EXPECTED[client])) wrong += 1;
}
console.log(`\n${clients.length - wrong} passed, ${wrong} failed`);
process.exit(wrong > 0 || clients.length === 0 ? 1 : 0);
