// With the repository's own configuration: other ports, issuer and audience, as its head says.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { file, freePort, output, program } from "../service.mjs";

const CONFIGURATION = new URL("../../../../deploy/envoy/envoy.yaml", import.meta.url);

/** What stands behind it: it answers with the claims of the token that has come through. */
async function upstream() {
  const server = createServer((request, response) => {
    const claims = Buffer.from(request.headers.authorization.split(".")[1], "base64url");
    response.writeHead(200, { "content-type": "application/json" }).end(claims);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return server.unref().address().port;
}

export default async function (it) {
  const envoy = program("BATON_ENVOY", "envoy");
  if (!it.has({ envoy })) return;
  const [, version] = output(envoy, "--version").match(/\/(\d+\.\d+\.\d+)\//);
  it.isCalled(version, "`jwt_authn` as in deploy/envoy: `remote_jwks` with `async_fetch`, `cache_duration`");
  const notes = await upstream();
  it.serves(async (audience, clock) => {
    const port = await freePort();
    const replaced = [
      ["port_value: 3000", `port_value: ${port}`],
      ["port_value: 3001", `port_value: ${new URL(it.issuer).port}`],
      ["port_value: 3002", `port_value: ${notes}`],
      ["issuer: http://localhost:3000", `issuer: ${it.issuer}`],
      ["audiences: [http://localhost:3000/api/notes]", `audiences: ["${audience}"]`],
      ["uri: http://127.0.0.1:3001/", `uri: ${it.issuer}/`],
    ];
    let text = readFileSync(CONFIGURATION, "utf8");
    for (const [before, after] of replaced) {
      if (!text.includes(before)) throw new Error(`deploy/envoy/envoy.yaml has no \`${before}\``);
      text = text.replace(before, after);
    }
    const flags = ["--use-dynamic-base-id", "--concurrency", "1", "--log-level", "critical"];
    await clock.start(port, envoy, ["--config-path", file("envoy.yaml", text), ...flags]);
    return `http://127.0.0.1:${port}/api/notes`;
  });
}
