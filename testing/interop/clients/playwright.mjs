// Playwright's APIRequestContext, without a browser. `node playwright.mjs ORIGIN`

import { key, library, run } from "./flow.mjs";

const { default: { request } } = await library("playwright-core");
const context = await request.newContext();

await run("playwright-core", async (url, data) => {
  const answer = await context.post(url, { data, headers: { "idempotency-key": key() } });
  return [answer.status(), await answer.text()];
});
await context.dispose();
