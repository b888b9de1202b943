// BroadcastChannel messages between tabs, recorded by another page and sent again later.
import type { Page } from '@playwright/test';
import { channel, jwks } from './contract';

interface Recorder {
  channel: BroadcastChannel;
  recorded: { kind: string }[];
}
interface Listener {
  rebroadcastReceived: Promise<void>;
}

/** Records messages from now on, on a document of this origin without scripts, which sends none by itself. */
export async function recordMessages(page: Page): Promise<void> {
  await page.goto(jwks);
  await page.evaluate((name) => {
    const recorder: Recorder = { channel: new BroadcastChannel(name), recorded: [] };
    recorder.channel.onmessage = (event) => recorder.recorded.push(event.data as Recorder['recorded'][number]);
    Object.assign(window, { recorder });
  }, channel);
}

export async function recordedKinds(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    (window as unknown as { recorder: Recorder }).recorder.recorded.map((message) => message.kind),
  );
}

/** Sends every recorded token again, and returns once all `tabs` have received them. */
export async function rebroadcastTokens(tabs: Page[], page: Page): Promise<void> {
  const last = 'that was all';
  for (const tab of tabs) {
    // A tab's own channel is older than this one, so the tab receives each message first.
    await tab.evaluate(
      ([name, last]) => {
        const rebroadcastReceived = new Promise<void>((resolve) => {
          new BroadcastChannel(name).onmessage = ({ data }) => data === last && resolve();
        });
        Object.assign(window, { rebroadcastReceived });
      },
      [channel, last] as const,
    );
  }
  await page.evaluate((last) => {
    const { recorder } = window as unknown as { recorder: Recorder };
    const tokens = recorder.recorded.filter((message) => message.kind === 'token');
    for (const message of [...tokens, last]) recorder.channel.postMessage(message);
  }, last);
  for (const tab of tabs) {
    await tab.evaluate(() => (window as unknown as Listener).rebroadcastReceived);
  }
}
