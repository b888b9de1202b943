// What browsers complain about: script errors, refused content, hydration that does not fit; and answers that clear
// site data. A test in which one complains fails, unless it said what it expects.
import { type BrowserContext, type ConsoleMessage, expect } from '@playwright/test';

export class Complaints {
  private readonly heard: string[] = [];
  private readonly expected: RegExp[] = [];

  watch(context: BrowserContext): void {
    context.on('console', (message) => {
      const loud = message.type() === 'error' || message.type() === 'warning';
      if (loud && !isNoteAboutAnApiCall(message)) {
        this.heard.push(`${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    // After it, the tabs of a browser no longer see each other's Web Locks (decision 26).
    context.on('response', (response) => {
      if (response.headers()['clear-site-data'] === undefined) return;
      this.heard.push(`Clear-Site-Data (${response.url()})`);
    });
    context.on('weberror', (event) => this.heard.push(`uncaught: ${event.error().message}`));
  }

  /** A complaint that belongs to the test. */
  expect(complaint: RegExp): void {
    this.expected.push(complaint);
  }

  check(): void {
    const unexpected = this.heard.filter((it) => !this.expected.some((some) => some.test(it)));
    expect(unexpected, 'what the browser complained about').toEqual([]);
  }
}

/** Chromium notes every 4xx, 5xx and lost answer. What the API answers is asserted on the wire. */
function isNoteAboutAnApiCall(message: ConsoleMessage): boolean {
  const url = message.location().url;
  return (
    message.text().startsWith('Failed to load resource') &&
    URL.canParse(url) &&
    new URL(url).pathname.startsWith('/api/')
  );
}
