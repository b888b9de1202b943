// What tabs tell each other, overheard by a page that takes no part, and said again later.
import type { Page } from '@playwright/test';
import { channel, jwks } from './contract';

interface Ear {
  channel: BroadcastChannel;
  heard: { kind: string }[];
}
interface Listener {
  heardAgain: Promise<void>;
}

/** From now on this page keeps what it hears. Not a page of ours: it says nothing by itself. */
export async function overhear(page: Page): Promise<void> {
  await page.goto(jwks);
  await page.evaluate((name) => {
    const ear: Ear = { channel: new BroadcastChannel(name), heard: [] };
    ear.channel.onmessage = (event) => ear.heard.push(event.data as Ear['heard'][number]);
    Object.assign(window, { ear });
  }, channel);
}

export async function kindsOverheard(page: Page): Promise<string[]> {
  return page.evaluate(() => (window as unknown as { ear: Ear }).ear.heard.map((message) => message.kind));
}

/** Says every token again, and returns once all `tabs` have heard it. */
export async function repeatTokensTo(tabs: Page[], page: Page): Promise<void> {
  const last = 'that was all';
  for (const tab of tabs) {
    // A tab's own channel is older than this one, so the tab hears each message first.
    await tab.evaluate(
      ([name, last]) => {
        const heardAgain = new Promise<void>((heard) => {
          new BroadcastChannel(name).onmessage = ({ data }) => data === last && heard();
        });
        Object.assign(window, { heardAgain });
      },
      [channel, last] as const,
    );
  }
  await page.evaluate((last) => {
    const { ear } = window as unknown as { ear: Ear };
    const tokens = ear.heard.filter((message) => message.kind === 'token');
    for (const message of [...tokens, last]) ear.channel.postMessage(message);
  }, last);
  for (const tab of tabs) {
    await tab.evaluate(() => (window as unknown as Listener).heardAgain);
  }
}
