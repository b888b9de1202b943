import express from "express";
import { auth } from "express-oauth2-jwt-bearer";

/** The middleware in a server of its own, one for each audience. */
async function serve(it, audience) {
  const app = express();
  app.use(auth({ issuerBaseURL: it.issuer, audience, tokenSigningAlg: "ES256", strict: true }));
  app.get("/", (request, response) => response.json(request.auth.payload));
  app.use((error, _request, response, _next) => response.status(error.status ?? 500).json({ error: String(error) }));
  const server = await new Promise((done) => {
    const listening = app.listen(0, "127.0.0.1", () => done(listening));
  });
  return `http://127.0.0.1:${server.address().port}/`;
}

export default function (it) {
  it.uses(["express-oauth2-jwt-bearer", "express"], "`tokenSigningAlg: \"ES256\"`, `strict: true` (checks `typ`)");
  it.verifies(async () => {
    const servers = { [it.audience]: await serve(it, it.audience), [it.foreign]: await serve(it, it.foreign) };
    return async (token, audience) => {
      const answer = await fetch(servers[audience], { headers: { authorization: `Bearer ${token}` } });
      const body = await answer.json();
      if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(body)}`);
      return body;
    };
  });
}
