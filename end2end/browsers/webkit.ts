// WebKitGTK: its MiniBrowser on a virtual display, over WebDriver.
import { type ChildProcess, spawn } from 'node:child_process';
import { freePort } from '../support/managed-process';
import { type DrivenBrowser, type Expression, required, type Tab } from './tab';

const START_WITHIN_MS = 20_000;
const ANSWER_WITHIN_MS = 30_000;
/** The key of an element reference (WebDriver section 12.2). */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

export async function startWebKit(): Promise<DrivenBrowser> {
  const children: ChildProcess[] = [];
  const killOnExit = () => {
    for (const child of children) child.kill('SIGKILL');
  };
  process.once('exit', killOnExit);
  const end = async () => {
    // The driver stops the browser.
    for (const child of children.reverse()) {
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      if (child.exitCode === null && child.signalCode === null && child.kill('SIGTERM')) await gone;
    }
    process.off('exit', killOnExit);
  };
  try {
    const display = await startDisplay(children);
    const port = await freePort();
    const env = { ...process.env, DISPLAY: display, GDK_BACKEND: 'x11' };
    const flags = [`--port=${port}`, '--host=127.0.0.1'];
    children.push(spawn(required('BATON_WEBKIT_DRIVER'), flags, { env, stdio: 'ignore' }));
    const session = await Session.begin(`http://127.0.0.1:${port}`);
    return {
      version: session.version,
      newTab: () => session.newTab(),
      cookie: (name) => session.cookie(name),
      close: async () => {
        await session.end();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** The number of a free display: Xvfb picks it and writes it to the descriptor 3. */
async function startDisplay(children: ChildProcess[]): Promise<string> {
  const flags = ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'];
  const child = spawn(required('BATON_XVFB'), flags, {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no display in time')), START_WITHIN_MS);
    child.once('error', reject);
    child.stdio[3]?.on('data', (number: Buffer) => {
      clearTimeout(timer);
      resolve(`:${number.toString().trim()}`);
    });
  });
}

class Session {
  /** Commands go to the window switched to last, so they run one after the other. */
  private turn: Promise<unknown> = Promise.resolve();
  private firstIsTaken = false;

  private constructor(
    private readonly url: string,
    readonly version: string,
  ) {}

  static async begin(driver: string): Promise<Session> {
    const options = { binary: required('BATON_MINIBROWSER'), args: ['--automation'] };
    const alwaysMatch = { acceptInsecureCerts: true, 'webkitgtk:browserOptions': options };
    const body = { capabilities: { alwaysMatch } };
    const until = Date.now() + START_WITHIN_MS;
    for (;;) {
      try {
        const begun = await call<{
          sessionId: string;
          capabilities: { browserName: string; browserVersion: string };
        }>('POST', `${driver}/session`, body);
        const { browserName, browserVersion } = begun.capabilities;
        return new Session(`${driver}/session/${begun.sessionId}`, `${browserName} ${browserVersion}`);
      } catch (error) {
        // The driver may not listen yet: retry.
        if (!(error instanceof TypeError) || Date.now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  async end(): Promise<void> {
    await call('DELETE', this.url);
  }

  async newTab(): Promise<Tab> {
    if (!this.firstIsTaken) {
      this.firstIsTaken = true;
      return new WebKitTab(this, await call<string>('GET', `${this.url}/window`));
    }
    const { handle } = await this.inTurn(() =>
      call<{ handle: string }>('POST', `${this.url}/window/new`, { type: 'tab' }),
    );
    return new WebKitTab(this, handle);
  }

  async cookie(name: string): Promise<string | undefined> {
    const cookies = await this.inTurn(() => call<{ name: string; value: string }[]>('GET', `${this.url}/cookie`));
    return cookies.find((it) => it.name === name)?.value;
  }

  /** Runs commands for one tab, with none for another in between. */
  async in<T>(handle: string, act: (command: Command) => Promise<T>): Promise<T> {
    return this.inTurn(async () => {
      await call('POST', `${this.url}/window`, { handle });
      return act((path, body) => call('POST', this.url + path, body));
    });
  }

  private async inTurn<T>(act: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(act);
    this.turn = mine.catch(() => undefined);
    return mine;
  }
}

type Command = <T>(path: string, body: object) => Promise<T>;

class WebKitTab implements Tab {
  constructor(
    private readonly session: Session,
    private readonly handle: string,
  ) {}

  async open(url: string): Promise<void> {
    await this.session.in(this.handle, (command) => command('/url', { url }));
  }

  async reload(): Promise<void> {
    await this.session.in(this.handle, (command) => command('/refresh', {}));
  }

  async evaluate<T>(expression: Expression): Promise<T> {
    return this.session.in(this.handle, (command) => run<T>(command, expression));
  }

  async click(element: Expression): Promise<void> {
    await this.session.in(this.handle, async (command) => {
      await command(`/element/${await find(command, element)}/click`, {});
    });
  }

  async type(element: Expression, text: string): Promise<void> {
    await this.session.in(this.handle, async (command) => {
      await command(`/element/${await find(command, element)}/value`, { text });
    });
  }
}

function run<T>(command: Command, expression: Expression): Promise<T> {
  return command<T>('/execute/sync', { script: `return (${expression})`, args: [] });
}

async function find(command: Command, element: Expression): Promise<string> {
  const found = await run<Record<string, string> | null>(command, element);
  const reference = found?.[ELEMENT];
  if (!reference) throw new Error(`no element: ${element}`);
  return reference;
}

async function call<T>(method: string, url: string, body?: object): Promise<T> {
  const answer = await fetch(url, {
    method,
    ...(body ? { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } } : {}),
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  const { value } = (await answer.json()) as { value: T & { error?: string; message?: string } };
  if (!answer.ok) throw new Error(`${url}: ${value.error}: ${value.message}`);
  return value;
}
