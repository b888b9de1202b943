// The services of testing/interop/rust, one program for all.

import { readFileSync } from "node:fs";
import { freePort, RUST } from "./service.mjs";

export function describe(it, setting) {
  if (!it.has({})) return;
  const lock = readFileSync(new URL("../rust/Cargo.lock", import.meta.url), "utf8");
  const [, version] = lock.match(new RegExp(`name = "${it.name}"\nversion = "(.*)"`));
  it.isCalled(version, setting);
  it.serves(async (audience, clock) => {
    const port = await freePort();
    await clock.start(port, RUST, [it.name, it.issuer, audience, String(port)]);
    return `http://127.0.0.1:${port}/`;
  });
}
