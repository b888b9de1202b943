// got, with tough-cookie as its jar. `node got.mjs ORIGIN`

import { key, library, run } from "./flow.mjs";

const { default: got } = await library("got");
const { CookieJar } = await library("tough-cookie");
const client = got.extend({ cookieJar: new CookieJar(), throwHttpErrors: false, retry: { limit: 0 } });

await run("got", async (url, json) => {
  const answer = await client.post(url, { json, headers: { "idempotency-key": key() } });
  return [answer.statusCode, answer.body];
});
