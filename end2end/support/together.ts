// What several tabs do in the same moment.
import { expect, type Page } from '@playwright/test';
import { api } from './contract';
import { holdBack } from './network';
import { callTheApi, expectCallResult } from './users';

/** Both tabs' calls meet the server at the same moment, with the token that has expired. */
export async function callTogether(tabs: Page[]): Promise<void> {
  const gates = await Promise.all(tabs.map((tab) => holdBack(tab, api.me)));
  for (const tab of tabs) await callTheApi(tab);
  await expect.poll(() => gates.map((it) => it.arrived)).toEqual(tabs.map(() => 1));
  for (const gate of gates) gate.open();
  for (const tab of tabs) await expectCallResult(tab, 'Expired, refreshed, repeated: answered.');
}
