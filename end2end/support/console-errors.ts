// Console errors: script errors, CSP violations, hydration mismatches; and responses with Clear-Site-Data. A test
// with one of them fails, unless it allows it.
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

  /** Errors that the test provokes. */
  allow(error: RegExp): void {
    this.allowed.push(error);
  }

  check(): void {
    const unexpected = this.recorded.filter((it) => !this.allowed.some((some) => some.test(it)));
    expect(unexpected, 'errors in the console').toEqual([]);
  }
}

/** Chromium logs every 4xx, 5xx and lost answer. API statuses are asserted in the network log. */
function isApiStatusMessage(message: ConsoleMessage): boolean {
  const url = message.location().url;
  return (
    message.text().startsWith('Failed to load resource') &&
    URL.canParse(url) &&
    new URL(url).pathname.startsWith('/api/')
  );
}
