// The server has passed the baton on, and its answer never arrived. To a server without attempt
// keys this looks like a theft.
import { api, pages, pendingAttempt } from '../support/contract';
import { SHORT_LIFE_SECONDS, untilTheTokenHasExpired } from '../support/expiry';
import { generation, ticket } from '../support/jar';
import { loseTheNextAnswer } from '../support/network';
import { expect, test } from '../support/test';
import {
  callTheApi,
  expectAccountOf,
  expectCallResult,
  expectNotice,
} from '../support/users';

test.use({ accessTokenSeconds: SHORT_LIFE_SECONDS });

test('a lost answer heals on retry with the same attempt key', async ({
  account,
  context,
  playwright,
  request,
  server,
  user,
  wire,
}) => {
  await untilTheTokenHasExpired(wire, request);
  const before = await ticket(context);
  wire.forget();
  const lost = await loseTheNextAnswer(
    account,
    playwright.request,
    server.origin,
    'may retry',
  );
  await callTheApi(account);

  const answer = await lost.answer;
  expect(answer.status, 'the server has accepted the ticket').toBe(200);
  await expectCallResult(account, 'Expired, refreshed, repeated: answered.');
  await expect.poll(() => wire.lines()).toEqual([
    `GET ${api.me} 401`,
    `POST ${api.refresh} lost`,
    `POST ${api.refresh} 200`,
    `GET ${api.me} 200`,
  ]);
  const [first, second] = wire.refreshes();
  expect(first?.attemptKey).toBeTruthy();
  expect(second?.attemptKey).toBe(first?.attemptKey);
  // The retry got the very ticket that was lost: one step, not two.
  expect(await ticket(context)).toBe(answer.next);
  expect(generation(await ticket(context))).toBe(generation(before) + 1);

  // The session lives on, with a new key for the next attempt.
  await account.reload();
  await expectAccountOf(account, user);
  expect(wire.refreshes().at(-1)?.attemptKey).not.toBe(first?.attemptKey);
});

test('a refusal that says nothing of the attempt does not cost the key of a lost answer', async ({
  account,
  context,
  playwright,
  request,
  server,
  user,
  wire,
}) => {
  await untilTheTokenHasExpired(wire, request);
  const before = await ticket(context);
  wire.forget();
  // The route that was added last is asked first: the answer is lost, then a gateway says no.
  const forbidden = { title: 'Forbidden', status: 403, code: 'blocked', type: 'about:blank' };
  await account.route(
    `**${api.refresh}`,
    (route) =>
      route.fulfill({
        status: 403,
        contentType: 'application/problem+json',
        body: JSON.stringify(forbidden),
      }),
    { times: 1 },
  );
  const lost = await loseTheNextAnswer(account, playwright.request, server.origin, 'may retry');
  await callTheApi(account);
  await lost.answer;
  await expect.poll(() => wire.refreshes().length).toBe(2);

  await account.reload();
  await expectAccountOf(account, user);
  const keys = wire.refreshes().map((it) => it.attemptKey);
  expect(keys.slice(0, 3)).toEqual([keys[0], keys[0], keys[0]]);
  expect(generation(await ticket(context))).toBe(generation(before) + 1);
});

test('the jar still holds the old ticket after a lost answer', async ({
  account,
  context,
  playwright,
  server,
}) => {
  // If this fails, the tests around it prove nothing: their answers were not lost.
  const before = await ticket(context);
  const lost = await loseTheNextAnswer(
    account,
    playwright.request,
    server.origin,
    'is frozen',
  );
  await account.reload({ waitUntil: 'commit' });
  const answer = await lost.answer;
  expect(answer.status).toBe(200);
  expect(generation(answer.next ?? '')).toBe(generation(before) + 1);
  expect(await ticket(context)).toBe(before);
});

test('a lost answer heals although the page is reloaded in between', async ({
  account,
  context,
  playwright,
  server,
  user,
  wire,
}) => {
  wire.forget();
  const lost = await loseTheNextAnswer(
    account,
    playwright.request,
    server.origin,
    'is frozen',
  );
  await account.reload({ waitUntil: 'commit' });
  const answer = await lost.answer;
  expect(answer.status).toBe(200);
  const kept = await account.evaluate((key) => localStorage.getItem(key), pendingAttempt);
  expect(kept).toBe(wire.refreshes()[0]?.attemptKey);

  wire.forget();
  await account.reload();
  await expectAccountOf(account, user);
  await expect.poll(() => wire.refreshOutcomes()).toEqual([200]);
  expect(wire.refreshes()[0]?.attemptKey).toBe(kept);
  expect(await ticket(context)).toBe(answer.next);
  // The attempt has been answered at last.
  expect(await account.evaluate((key) => localStorage.getItem(key), pendingAttempt)).toBeNull();
});

test('a tab that was closed before its answer came leaves the next tab logged in', async ({
  account,
  context,
  playwright,
  server,
  user,
  wire,
}) => {
  const lost = await loseTheNextAnswer(
    account,
    playwright.request,
    server.origin,
    'is frozen',
  );
  await account.reload({ waitUntil: 'commit' });
  const answer = await lost.answer;
  await account.close();

  const next = await context.newPage();
  await next.goto(pages.account);
  await expectAccountOf(next, user);
  expect(new Set(wire.refreshes().map((it) => it.attemptKey)).size).toBe(1);
  await expect.poll(() => wire.refreshOutcomes().at(-1)).toBe(200);
  expect(await ticket(context)).toBe(answer.next);
});

test('without the kept key the same retry is a replay and ends the session', async ({
  account,
  playwright,
  server,
  wire,
}) => {
  // The control of this file: take the key away, and the session must not survive.
  wire.forget();
  const lost = await loseTheNextAnswer(
    account,
    playwright.request,
    server.origin,
    'is frozen',
  );
  await account.reload({ waitUntil: 'commit' });
  expect((await lost.answer).status).toBe(200);
  await account.addInitScript(() => localStorage.clear());
  await account.reload();
  await expectNotice(account, /^Your session was ended\. Its refresh token was used twice/);
  await expect.poll(() => wire.refreshOutcomes().at(-1)).toBe(401);
  expect(new Set(wire.refreshes().map((it) => it.attemptKey)).size).toBe(2);
});
