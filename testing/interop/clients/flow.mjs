// The five calls of each client. A client prints its version, then a line for each answer: status and body.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export const [origin, mode] = process.argv.slice(2);
export const setting = mode === "setting";
export const key = () => crypto.randomUUID();

/** A package of the folder that `install.sh` filled; this folder has none. */
const folder = join(process.env.CLIENTS, "node");
const { resolve } = createRequire(join(folder, "package.json"));
export const library = (name) => import(pathToFileURL(resolve(name)));
const version = (name) => JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"))).version;

export async function run(name, post) {
  console.log(version(name));
  const account = { email: `${key()}@example.com`, password: "velvet otter under glass", name: "Ada" };
  for (const [call, body] of [["register", account], ["refresh"], ["refresh"], ["logout"], ["refresh"]]) {
    const [status, text] = await post(`${origin}/api/auth/${call}`, body);
    console.log(`${status} ${text}`);
  }
}
