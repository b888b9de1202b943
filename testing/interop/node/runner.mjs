// The libraries of npm.

import { Library } from "../library.mjs";
import { work } from "../stages.mjs";

await work(new URL("libraries/", import.meta.url), Library);
process.exit(0);
