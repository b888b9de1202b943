// Programs and Rust libraries, each a process behind HTTP: gateways, and the services of testing/interop/rust.

import { work } from "../stages.mjs";
import { Service, stopAll } from "./service.mjs";

process.on("SIGTERM", () => process.exit(1));
process.on("exit", stopAll);
await work(new URL("libraries/", import.meta.url), Service, { sideBySide: true });
process.exit(0);
