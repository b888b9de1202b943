// Firefox, headless, over its own WebDriver BiDi.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Bidi } from './bidi';
import { type DrivenBrowser, type Expression, required, type Tab } from './tab';

const START_WITHIN_MS = 60_000;

interface Evaluated {
  type: 'success' | 'exception';
  result?: { type: string; value?: string; sharedId?: string };
  exceptionDetails?: { text: string };
}

export async function startFirefox(): Promise<DrivenBrowser> {
  const profile = await mkdtemp(path.join(tmpdir(), 'baton-firefox-'));
  const flags = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'];
  const child = spawn(required('BATON_FIREFOX'), flags, { stdio: ['ignore', 'ignore', 'pipe'] });
  const killOnExit = () => child.kill('SIGKILL');
  process.once('exit', killOnExit);
  const end = async () => {
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    if (child.exitCode === null && child.kill('SIGKILL')) await gone;
    process.off('exit', killOnExit);
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const bidi = await Bidi.connect(`${await webSocketUrl(child)}/session`);
    const capabilities = { alwaysMatch: { acceptInsecureCerts: true } };
    const session = await bidi.send<{
      capabilities: { browserName: string; browserVersion: string };
    }>('session.new', { capabilities });
    const { browserName, browserVersion } = session.capabilities;
    return {
      version: `${browserName} ${browserVersion}`,
      newTab: async () => {
        const { context } = await bidi.send<{ context: string }>('browsingContext.create', {
          type: 'tab',
        });
        return new FirefoxTab(bidi, context);
      },
      cookie: async (name) => {
        const { cookies } = await bidi.send<{ cookies: { value: { value: string } }[] }>('storage.getCookies', {
          filter: { name },
        });
        return cookies[0]?.value.value;
      },
      close: async () => {
        bidi.close();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

async function webSocketUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (why: string) => reject(new Error(`Firefox ${why}\n${said}`));
    const timer = setTimeout(() => fail('does not listen in time'), START_WITHIN_MS);
    child.stderr?.on('data', (text: Buffer) => {
      said += text.toString();
      const url = /WebDriver BiDi listening on (ws:\S+)/.exec(said)?.[1];
      if (!url) return;
      clearTimeout(timer);
      resolve(url);
    });
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`ended with ${code}`));
  });
}

class FirefoxTab implements Tab {
  constructor(
    private readonly bidi: Bidi,
    private readonly context: string,
  ) {}

  async open(url: string): Promise<void> {
    await this.bidi.send('browsingContext.navigate', {
      context: this.context,
      url,
      wait: 'complete',
    });
  }

  async reload(): Promise<void> {
    await this.bidi.send('browsingContext.reload', { context: this.context, wait: 'complete' });
  }

  async evaluate<T>(expression: Expression): Promise<T> {
    const { value } = await this.ask(`JSON.stringify(${expression}) ?? 'null'`);
    return JSON.parse(value ?? 'null') as T;
  }

  async click(element: Expression): Promise<void> {
    const actions = [
      { type: 'pointerMove', x: 0, y: 0, origin: await this.origin(element) },
      { type: 'pointerDown', button: 0 },
      { type: 'pointerUp', button: 0 },
    ];
    await this.perform({ type: 'pointer', id: 'mouse', actions });
  }

  async type(element: Expression, text: string): Promise<void> {
    await this.click(element);
    const actions = [...text].flatMap((value) => [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ]);
    await this.perform({ type: 'key', id: 'keys', actions });
  }

  private async origin(element: Expression): Promise<object> {
    await this.bidi.send('browsingContext.activate', { context: this.context });
    await this.ask(`(${element}).scrollIntoView({ block: 'center' })`);
    const { sharedId } = await this.ask(element);
    if (!sharedId) throw new Error(`no element: ${element}`);
    return { type: 'element', element: { sharedId } };
  }

  private async perform(actions: object): Promise<void> {
    await this.bidi.send('input.performActions', { context: this.context, actions: [actions] });
  }

  private async ask(expression: string): Promise<NonNullable<Evaluated['result']>> {
    const evaluated = await this.bidi.send<Evaluated>('script.evaluate', {
      expression,
      target: { context: this.context },
      awaitPromise: true,
    });
    if (!evaluated.result) throw new Error(`${expression}: ${evaluated.exceptionDetails?.text}`);
    return evaluated.result;
  }
}
