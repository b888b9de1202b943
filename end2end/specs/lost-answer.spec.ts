// The server has rotated the refresh token, and its answer was lost. Without attempt keys the retry looks like a
// replay.
import type { Page } from '@playwright/test';
import { api, pages, pendingAttempt } from '../support/contract';
import { generation, ticket } from '../support/cookies';
import { expect, test } from '../support/fixtures';
import { withHangingIndexedDb } from '../support/missing-features';
import { holdRequests, mockNextResponse, problem } from '../support/network-faults';
import { SHORT_ACCESS_TOKEN_SECONDS, waitForTokenExpiry } from '../support/token-expiry';
import { callTheApi, expectAccountOf, expectCallResult, expectNotice } from '../support/users';

test.use({ accessTokenSeconds: SHORT_ACCESS_TOKEN_SECONDS });

/** The stored key of the unanswered attempt. */
const pendingKey = (page: Page) => page.evaluate((key) => localStorage.getItem(key), pendingAttempt);

test('a lost answer heals on retry with the same attempt key', async ({
  context,
  expired,
  loseAnswer,
  user,
  networkLog,
}) => {
  const before = await ticket(context);
  const lost = await loseAnswer('may retry');
  await callTheApi(expired);

  const answer = await lost.answer;
  expect(answer.status, 'the server has accepted the ticket').toBe(200);
  await expectCallResult(expired, 'Expired, refreshed, repeated: answered.');
  await expect
    .poll(() => networkLog.lines())
    .toEqual([`GET ${api.me} 401`, `POST ${api.refresh} lost`, `POST ${api.refresh} 200`, `GET ${api.me} 200`]);
  const [first, second] = networkLog.refreshes();
  expect(first?.attemptKey).toBeTruthy();
  expect(second?.attemptKey).toBe(first?.attemptKey);
  // The retry got the very ticket that was lost: one rotation, not two.
  expect(await ticket(context)).toBe(answer.next);
  expect(generation(await ticket(context))).toBe(generation(before) + 1);

  // The session lives on, with a new key for the next attempt.
  await expired.reload();
  await expectAccountOf(expired, user);
  expect(networkLog.refreshes().at(-1)?.attemptKey).not.toBe(first?.attemptKey);
});

test('a refusal that says nothing of the attempt does not cost the key of a lost answer', async ({
  context,
  expired,
  loseAnswer,
  user,
  networkLog,
}) => {
  const before = await ticket(context);
  // Playwright asks the route added last first: the answer is lost, then a gateway refuses the retry.
  await mockNextResponse(expired, api.refresh, problem(403, 'blocked'));
  const lost = await loseAnswer('may retry');
  await callTheApi(expired);
  await lost.answer;
  await expectNotice(expired, /^The server gave an answer this page does not understand \(403\)\./);
  expect(await pendingKey(expired)).toBe(networkLog.refreshes()[0]?.attemptKey);

  await expired.reload();
  await expectAccountOf(expired, user);
  await expect.poll(() => networkLog.refreshOutcomes()).toEqual(['lost', 403, 200]);
  expect(new Set(networkLog.refreshes().map((it) => it.attemptKey)).size).toBe(1);
  expect(generation(await ticket(context))).toBe(generation(before) + 1);
});

test('the cookie jar still holds the old ticket after a lost answer', async ({ account, context, loseAnswer }) => {
  // If this fails, the answers in the tests around it were not lost either.
  const before = await ticket(context);
  const lost = await loseAnswer('is frozen');
  await account.reload({ waitUntil: 'commit' });
  const answer = await lost.answer;
  expect(answer.status).toBe(200);
  expect(generation(answer.next ?? '')).toBe(generation(before) + 1);
  expect(await ticket(context)).toBe(before);
});

test('a lost answer heals although the page is reloaded in between', async ({
  account,
  context,
  loseAnswer,
  user,
  networkLog,
}) => {
  networkLog.clear();
  const lost = await loseAnswer('is frozen');
  await account.reload({ waitUntil: 'commit' });
  const answer = await lost.answer;
  expect(answer.status).toBe(200);
  const kept = await pendingKey(account);
  expect(kept).toBe(networkLog.refreshes()[0]?.attemptKey);

  networkLog.clear();
  await account.reload();
  await expectAccountOf(account, user);
  await expect.poll(() => networkLog.refreshOutcomes()).toEqual([200]);
  expect(networkLog.refreshes()[0]?.attemptKey).toBe(kept);
  expect(await ticket(context)).toBe(answer.next);
  // The attempt is answered, so its key is deleted.
  expect(await pendingKey(account)).toBeNull();
});

test('a database that fails between two attempts does not bring back the key of the first', async ({
  expired,
  loseAnswer,
  request,
  user,
  networkLog,
}) => {
  const gate = await holdRequests(expired, api.refresh, undefined, 1);
  await callTheApi(expired);
  await expect.poll(() => gate.arrived).toBe(1);
  // From here on keys are stored in localStorage alone: the database keeps the first key.
  await expired.evaluate(withHangingIndexedDb);
  gate.open();
  await expectCallResult(expired, 'Expired, refreshed, repeated: answered.');
  await waitForTokenExpiry(networkLog, request);
  networkLog.clear();
  const lost = await loseAnswer('is frozen');
  await callTheApi(expired);
  expect((await lost.answer).status).toBe(200);

  await expired.reload();
  await expectAccountOf(expired, user);
  expect(new Set(networkLog.refreshes().map((it) => it.attemptKey)).size).toBe(1);
  expect(networkLog.refreshOutcomes()).not.toContain(401);
});

test('a tab that was closed before its answer came leaves the next tab logged in', async ({
  account,
  context,
  loseAnswer,
  user,
  networkLog,
}) => {
  const lost = await loseAnswer('is frozen');
  await account.reload({ waitUntil: 'commit' });
  const answer = await lost.answer;
  await account.close();

  const next = await context.newPage();
  await next.goto(pages.account);
  await expectAccountOf(next, user);
  expect(new Set(networkLog.refreshes().map((it) => it.attemptKey)).size).toBe(1);
  await expect.poll(() => networkLog.refreshOutcomes().at(-1)).toBe(200);
  expect(await ticket(context)).toBe(answer.next);
});

test('without the stored key the same retry is a replay and revokes the session', async ({
  account,
  loseAnswer,
  networkLog,
}) => {
  // The control of this file: without the key the session must not survive.
  networkLog.clear();
  const lost = await loseAnswer('is frozen');
  await account.reload({ waitUntil: 'commit' });
  expect((await lost.answer).status).toBe(200);
  await account.addInitScript((key) => {
    localStorage.removeItem(key);
    indexedDB.deleteDatabase('baton');
  }, pendingAttempt);
  await account.reload();
  await expectNotice(account, /^Your session is over: it has expired, was logged out, or/);
  await expect.poll(() => networkLog.refreshOutcomes().at(-1)).toBe(401);
  expect(new Set(networkLog.refreshes().map((it) => it.attemptKey)).size).toBe(2);
});
