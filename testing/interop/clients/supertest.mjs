// supertest's agent, which is superagent's. `node supertest.mjs ORIGIN [setting]`

import { key, library, origin, run, setting } from "./flow.mjs";

const { default: supertest } = await library("supertest");
const agent = supertest.agent(origin);
if (setting) {
  const { getCookies } = agent.jar;
  agent.jar.getCookies = (access) => getCookies.call(agent.jar, Object.assign(access, { secure: true }));
}

await run("supertest", async (url, body) => {
  const answer = await agent.post(new URL(url).pathname).set("idempotency-key", key()).send(body);
  return [answer.status, answer.text];
});
