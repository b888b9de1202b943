// Concurrent API calls of several tabs.
import { expect, type Page } from '@playwright/test';
import { api } from './contract';
import { holdRequests, type MockResponse, problem } from './network-faults';
import { callTheApi, expectCallResult } from './users';

/** The calls of both tabs reach the server at the same moment, with the expired token. */
export async function callConcurrently(tabs: Page[]): Promise<void> {
  await releaseTogether(tabs);
}

/** The same with valid tokens: the calls are refused on their way, so that no test waits for an expiry. */
export async function callConcurrentlyAndRefuse(tabs: Page[]): Promise<void> {
  const refused = problem(401, 'invalid_token');
  const headers = { 'www-authenticate': 'Bearer error="invalid_token"' };
  await releaseTogether(tabs, { ...refused, headers });
}

async function releaseTogether(tabs: Page[], answer?: MockResponse): Promise<void> {
  const gates = await Promise.all(tabs.map((tab) => holdRequests(tab, api.me, answer, 1)));
  for (const tab of tabs) await callTheApi(tab);
  await expect.poll(() => gates.map((it) => it.arrived)).toEqual(tabs.map(() => 1));
  for (const gate of gates) gate.open();
  for (const tab of tabs) await expectCallResult(tab, 'Expired, refreshed, repeated: answered.');
}
