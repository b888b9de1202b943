// Idempotency of clicks: loses their answers, counts the effects at the server, and reports a table of both.
import { expect, type Locator, type Page, type TestInfo } from '@playwright/test';
import { type Call, type Fault, type FaultProxy, isCall } from './fault-proxy';
import type { NetworkLog } from './network-log';

/** Clicks of each kind: 200 by hand, see idempotency.spec.ts. */
const CLICKS = process.env.CLICKS;
/** The default. */
const DEFAULT_CLICKS = { 'http/1.1': 3, h2: 1 } as const;
/** The seed of the run: how many answers each click loses. */
const SEED = Number(process.env.SEED ?? 16);

/**
 * The most answers lost for a click: one more than a fetch can lose, so that the page has to retry, twice. Chromium
 * resends a request on each other idle connection, five over HTTP/1.1 and none over HTTP/2, and then on a new one.
 */
const MAX_LOST_ANSWERS = { 'http/1.1': 8, h2: 3 } as const;
/** How often a user clicks again who reads that the outcome is unknown. */
const MAX_PRESSES = 4;
/** The page's deadline for all retries of one click. */
export const RETRY_DEADLINE_MS = 45_000;

/** What a page says when an action failed, or its outcome is unknown. */
const FAILURE_TEXTS = new RegExp(
  [
    'cannot be reached',
    'takes too long',
    'not available right now',
    'not known whether',
    'does not understand',
    'There is an account with this email',
  ].join('|'),
);

/** A button to click, on a page that is ready for it. */
export interface Click {
  /** The name of the action. */
  readonly kind: string;
  /** The API call that it makes. */
  readonly call: Call;
  readonly button: Locator;
  /** What the page shows on success. */
  readonly done: Locator;
  /** A number that grows by one with each effect. */
  readonly count: () => Promise<number>;
}

/** The results of one kind of click. */
interface Tally {
  clicks: number;
  leastEffects: number;
  mostEffects: number;
  /** Requests answered by the server, for one click. */
  mostRequests: number;
  /** Requests that the browser resent by itself. */
  resent: number;
  pressedAgain: number;
  /** Failures that pages showed instead of success. */
  readonly notDone: Set<string>;
}

/** Repeatable random numbers (mulberry32). */
class SeededRandom {
  constructor(private state: number) {}

  /** An integer from 1 to `most`. */
  upTo(most: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return 1 + (((mixed ^ (mixed >>> 14)) >>> 0) % most);
  }
}

export class Clicks {
  private readonly rows = new Map<string, Tally>();
  private readonly random = new SeededRandom(SEED);

  constructor(
    private readonly page: Page,
    private readonly proxy: FaultProxy,
    private readonly networkLog: NetworkLog,
    private readonly testInfo: TestInfo,
  ) {}

  /** Runs as many rounds as each kind has clicks, and reports the results. */
  async rounds(oneRound: () => Promise<void>): Promise<void> {
    const rounds = Number(CLICKS ?? DEFAULT_CLICKS[this.proxy.protocol]);
    this.testInfo.setTimeout(60_000 + rounds * 60_000);
    for (let round = 0; round < rounds; round += 1) await oneRound();
    this.report();
  }

  /** Clicks while answers are lost, again if the page asks for it, and counts the effects. */
  async run(click: Click): Promise<void> {
    const { kind, call, button, count } = click;
    const { protocol } = this.proxy;
    const before = await count();
    await this.proxy.openIdleConnections(this.page);
    this.networkLog.clear();
    const fault = this.proxy.loseAnswers(call, this.random.upTo(MAX_LOST_ANSWERS[protocol]));
    let said: string | undefined;
    let presses = 0;
    do {
      await press(button, fault);
      presses += 1;
      said = await this.failureShown(click);
    } while (said !== undefined && presses < MAX_PRESSES && (await button.isVisible()));
    await drain(fault);
    const row = this.row(kind);
    const effects = (await count()) - before;
    row.clicks += 1;
    row.leastEffects = Math.min(row.leastEffects, effects);
    row.mostEffects = Math.max(row.mostEffects, effects);
    row.mostRequests = Math.max(row.mostRequests, fault.reached);
    row.resent += fault.reached - this.networkLog.exchanges.filter((it) => isCall(call, it)).length;
    row.pressedAgain += presses - 1;
    if (said !== undefined) row.notDone.add(said);
  }

  /** Waits for success (undefined), or for the failure that the page shows once its button can be clicked again. */
  private async failureShown({ button, done }: Click): Promise<string | undefined> {
    const ended = this.page.locator('.notice[data-kind=ended]');
    const trouble = this.page
      .getByRole('alert')
      .or(ended)
      .or(this.page.getByText(FAILURE_TEXTS))
      .filter({ visible: true });
    const ready = button.and(this.page.locator(':not([aria-disabled=true])'));
    let said: string | undefined;
    const isSettled = async () => {
      said = undefined;
      if (await done.isVisible()) return true;
      const isOver = (await ended.isVisible()) && !(await button.isVisible());
      if (!isOver && !(await ready.isVisible())) return false;
      [said] = await trouble.allInnerTexts();
      return said !== undefined;
    };
    await expect.poll(isSettled, { timeout: RETRY_DEADLINE_MS }).toBe(true);
    return said;
  }

  private row(kind: string): Tally {
    const row = this.rows.get(kind) ?? {
      clicks: 0,
      leastEffects: Infinity,
      mostEffects: 0,
      mostRequests: 0,
      resent: 0,
      pressedAgain: 0,
      notDone: new Set<string>(),
    };
    this.rows.set(kind, row);
    return row;
  }

  private report(): void {
    let resent = 0;
    for (const [kind, row] of this.rows) {
      const description = `${this.proxy.protocol} | ${kind} | ${summary(row)}`;
      this.testInfo.annotations.push({ type: 'idempotency', description });
      console.log(`idempotency | ${description}`);
      resent += row.resent;
    }
    for (const [kind, { leastEffects, mostEffects, notDone }] of this.rows) {
      expect
        .soft({ kind, leastEffects, mostEffects, notDone: [...notDone] })
        .toEqual({ kind, leastEffects: 1, mostEffects: 1, notDone: [] });
    }
    // If this fails, no request was resent, and the counts above are void.
    expect(resent, 'requests that the browser has sent again').toBeGreaterThan(0);
  }
}

/** Clicks, and returns once the server has received the request. */
export async function press(button: Locator, fault: Fault): Promise<void> {
  const before = fault.reached;
  await button.click();
  await expect.poll(() => fault.reached, { timeout: RETRY_DEADLINE_MS }).toBeGreaterThan(before);
}

/** Delivers all later answers, and returns once the server has no request in flight. */
export async function drain(fault: Fault): Promise<void> {
  fault.end();
  await expect.poll(() => fault.underWay).toBe(0);
}

function summary(row: Tally): string {
  const { clicks, leastEffects, mostEffects, mostRequests, resent, pressedAgain, notDone } = row;
  const effects = leastEffects === mostEffects ? String(mostEffects) : `${leastEffects} to ${mostEffects}`;
  return [
    `${clicks} clicks`,
    `effects of one: ${effects}`,
    `requests of one: up to ${mostRequests}`,
    `${resent} resent by the browser`,
    `${pressedAgain} clicked again`,
    notDone.size === 0 ? 'all done' : `said: ${[...notDone].join(' / ')}`,
  ].join(' | ');
}
