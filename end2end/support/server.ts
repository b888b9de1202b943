// The real server as a child process: its own port, its own database, its own keys. It ends only
// the process it has started.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Options of a spec file: `test.use({ accessTokenSeconds: 2 })`. */
export interface ServerOptions {
  accessTokenSeconds: number;
  /** How long a login counts as recent. */
  recentLoginSeconds: number;
}

const workspace = path.resolve(__dirname, '..', '..');
const binary = process.env.BATON_BINARY ?? path.join(workspace, 'target', 'debug', 'baton');
const site = process.env.BATON_SITE ?? path.join(workspace, 'target', 'site');

const START_WITHIN_MS = 15_000;
const STOP_WITHIN_MS = 12_000;

export class Server {
  private child: ChildProcess | undefined;
  private output = '';

  private constructor(
    private readonly port: number,
    private readonly folder: string,
    private readonly options: ServerOptions,
  ) {}

  /** A running server with an empty database. */
  static async start(options: ServerOptions): Promise<Server> {
    const folder = await mkdtemp(path.join(tmpdir(), 'baton-end2end-'));
    const server = new Server(await freePort(), folder, options);
    try {
      await server.start();
    } catch (error) {
      await server.discard();
      throw error;
    }
    return server;
  }

  get origin(): string {
    return `http://localhost:${this.port}`;
  }

  /** What it has logged so far. */
  get log(): string {
    return this.output;
  }

  /** Starts it, or starts it again: same port, same database, same keys. */
  async start(): Promise<void> {
    const child = spawn(binary, this.arguments(), {
      cwd: this.folder,
      env: withoutSettings(process.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    // A worker that is told to go takes its server along.
    const last = () => child.kill('SIGKILL');
    process.once('exit', last);
    child.once('exit', () => process.off('exit', last));
    child.stderr.on('data', (text: Buffer) => (this.output += text.toString()));
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${binary} ${why}\n${this.output}`));
      const timer = setTimeout(() => fail('is not ready in time'), START_WITHIN_MS);
      const settle = (act: () => void) => {
        clearTimeout(timer);
        act();
      };
      let ready = '';
      child.stdout.on('data', (text: Buffer) => {
        ready += text.toString();
        if (ready.includes('listening on ')) settle(resolve);
      });
      child.once('error', (error) => settle(() => fail(`cannot be started: ${error.message}`)));
      child.once('exit', (code) => settle(() => fail(`ended with ${code} before it was ready`)));
    });
  }

  /** Ends it; what it has stored stays. `SIGKILL` gives it no time to say goodbye. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await gone;
    clearTimeout(timer);
  }

  /** Ends it and removes what it has stored. */
  async discard(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private arguments(): string[] {
    return [
      'serve',
      ['--listen', `127.0.0.1:${this.port}`],
      ['--origin', this.origin],
      ['--database', `sqlite:${path.join(this.folder, 'baton.db')}`],
      ['--keys', path.join(this.folder, 'keys')],
      ['--site', site],
      ['--limits', 'off'],
      ['--access-token-seconds', String(this.options.accessTokenSeconds)],
      ['--recent-login-seconds', String(this.options.recentLoginSeconds)],
    ].flat();
  }
}

/** The tests say how the server runs, not the shell they were started from. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = Object.entries(environment).filter(([name]) => !name.startsWith('BATON_'));
  return Object.fromEntries(names);
}

/** A port that was free a moment ago: the origin has to be known before the server starts. */
async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address && typeof address === 'object') resolve(address.port);
        else reject(new Error('the probe has no port'));
      });
    });
  });
}
