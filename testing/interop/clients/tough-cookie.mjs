// tough-cookie, beside Node's own fetch. `node tough-cookie.mjs ORIGIN [setting]`

import { key, library, run, setting } from "./flow.mjs";

const { CookieJar } = await library("tough-cookie");
const jar = new CookieJar();

await run("tough-cookie", async (url, body) => {
  // The setting for tough-cookie before 6.
  const cookie = await jar.getCookieString(setting ? url.replace(/^http:/, "https:") : url);
  const headers = { "idempotency-key": key(), cookie };
  if (body) headers["content-type"] = "application/json";
  const answer = await fetch(url, { method: "POST", headers, body: body && JSON.stringify(body) });
  for (const cookie of answer.headers.getSetCookie()) await jar.setCookie(cookie, url);
  return [answer.status, await answer.text()];
});
