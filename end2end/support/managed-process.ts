// A program as a child process: start, readiness, stop. It ends only the process it has started.
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';

const START_WITHIN_MS = 15_000;
const STOP_WITHIN_MS = 12_000;

export interface ProcessOptions {
  readonly binary: string;
  readonly arguments: string[];
  /** The working directory. */
  readonly folder: string;
  /** What it prints on standard output once it is ready; undefined if it does not say so. */
  readonly ready?: string;
}

export class ManagedProcess {
  private child: ChildProcess | undefined;
  private output = '';

  constructor(private readonly options: ProcessOptions) {}

  /** Its log so far. */
  get log(): string {
    return this.output;
  }

  /** Starts it, or restarts it. */
  async start(): Promise<void> {
    const { binary, folder, ready } = this.options;
    const child = spawn(binary, this.options.arguments, {
      cwd: folder,
      env: withoutSettings(process.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    // A worker that exits stops its programs.
    const killOnExit = () => child.kill('SIGKILL');
    process.once('exit', killOnExit);
    child.once('exit', () => process.off('exit', killOnExit));
    child.stderr.on('data', (text: Buffer) => (this.output += text.toString()));
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${binary} ${why}\n${this.output}`));
      const timer = setTimeout(() => fail('is not ready in time'), START_WITHIN_MS);
      const settle = (act: () => void) => {
        clearTimeout(timer);
        act();
      };
      let said = '';
      child.stdout.on('data', (text: Buffer) => {
        said += text.toString();
        if (ready !== undefined && said.includes(ready)) settle(resolve);
      });
      if (ready === undefined) child.once('spawn', () => settle(resolve));
      child.once('error', (error) => settle(() => fail(`cannot be started: ${error.message}`)));
      child.once('exit', (code) => settle(() => fail(`ended with ${code} before it was ready`)));
    });
  }

  /** Stops it. `SIGKILL` allows no graceful shutdown. */
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
}

/** The tests configure a program, not the shell they were started from. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = Object.entries(environment).filter(([name]) => !/^(BATON|NOTES)_/.test(name));
  return Object.fromEntries(names);
}

/** A port that was free a moment ago: an address must be known before its server starts. */
export async function freePort(): Promise<number> {
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
