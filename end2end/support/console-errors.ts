// What browsers complain about: script errors, refused content, hydration that does not fit; and answers that clear
// site data. A test in which one complains fails, unless it said what it expects.
import { type BrowserContext, type ConsoleMessage, expect } from '@playwright/test';

export class ConsoleErrors {
  private readonly recorded: string[] = [];
  private readonly allowed: RegExp[] = [];

  watch(context: BrowserContext): void {
    context.on('console', (message) => {
      const loud = message.type() === 'error' || message.type() === 'warning';
      if (loud && !isApiStatusMessage(message)) {
        this.recorded.push(`${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    // After it, the tabs of a browser no longer see each other's Web Locks (decision 26).
    context.on('response', (response) => {
      if (response.headers()['clear-site-data'] === undefined) return;
      this.recorded.push(`Clear-Site-Data (${response.url()})`);
    });
    context.on('weberror', (event) => this.recorded.push(`uncaught: ${event.error().message}`));
  }

  /** A complaint that belongs to the test. */
  allow(error: RegExp): void {
    this.allowed.push(error);
  }

  check(): void {
    const unexpected = this.recorded.filter((it) => !this.allowed.some((some) => some.test(it)));
    expect(unexpected, 'errors in the console').toEqual([]);
  }
}

/** Chromium notes every 4xx, 5xx and lost answer. What the API answers is asserted on the wire. */
function isApiStatusMessage(message: ConsoleMessage): boolean {
  const url = message.location().url;
  return (
    message.text().startsWith('Failed to load resource') &&
    URL.canParse(url) &&
    new URL(url).pathname.startsWith('/api/')
  );
}
