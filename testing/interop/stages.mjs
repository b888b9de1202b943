// One language's share of the suite: a line of JSON in begins a stage, lines of JSON out are its rows, and
// `{"done": …}` ends it.

import { readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { say, SET_UP } from "./library.mjs";

/** Works through the stages with the libraries that the files of `folder` describe, as objects of `Kind`. */
export async function work(folder, Kind, { sideBySide = false } = {}) {
  let libraries = [];
  for await (const line of createInterface({ input: process.stdin })) {
    const { stage, token, only, ...context } = JSON.parse(line);
    if (stage === "fresh") libraries = await described(folder, Kind, only, context);
    const run = async (library) => {
      for (const step of library.stages[stage]) {
        await step(token).catch((error) => library.failed(`works in the stage \`${stage}\``, error));
      }
    };
    // Waiting for one library must not make the next one's keys old.
    if (sideBySide || stage === "unknown") await Promise.all(libraries.map(run));
    else for (const library of libraries) await run(library);
    say({ done: stage });
  }
}

async function described(folder, Kind, only, context) {
  const libraries = [];
  for (const file of readdirSync(folder).sort()) {
    const name = file.replace(/\.mjs$/, "");
    if (only.length > 0 && !only.some((part) => name.includes(part))) continue;
    const { default: describe } = await import(new URL(file, folder));
    const library = new Kind(name, context);
    await library.check(SET_UP, () => describe(library));
    libraries.push(library);
  }
  return libraries;
}
