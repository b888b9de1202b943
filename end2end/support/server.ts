// The real server: its own port, its own database, its own keys.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort, ManagedProcess } from './managed-process';

/** Options of a spec file: `test.use({ accessTokenSeconds: 2 })`. */
export interface ServerOptions {
  accessTokenSeconds: number;
  /** How long a login counts as recent. */
  recentLoginSeconds: number;
  /** How often calls may be made: as in front of users, or as often as a test likes. */
  limits: 'default' | 'off';
}

/** Whom it trusts to stand in front of it, and how the world calls both. */
export interface ReverseProxy {
  readonly origin: string;
  /** The names of services that take its tokens; with none, what stands in front says nothing that it would have to trust. */
  readonly audiences: string[];
}

export const workspace = path.resolve(__dirname, '..', '..');
const binary = process.env.BATON_BINARY ?? path.join(workspace, 'target', 'debug', 'baton');
export const site = process.env.BATON_SITE ?? path.join(workspace, 'target', 'site');

export class Server {
  private constructor(
    /** How the world calls it. */
    readonly origin: string,
    /** Where it listens. */
    readonly port: number,
    /** What it stores is in here, and so may be what belongs to it. */
    readonly folder: string,
    private readonly program: ManagedProcess,
  ) {}

  /** A running server with an empty database. */
  static async start(options: ServerOptions, proxy?: ReverseProxy, served: string = site): Promise<Server> {
    const folder = await mkdtemp(path.join(tmpdir(), 'baton-end2end-'));
    const port = await freePort();
    const origin = proxy?.origin ?? `http://localhost:${port}`;
    const gateway = proxy && proxy.audiences.length > 0 ? proxy : undefined;
    const flags = [
      'serve',
      ['--listen', `127.0.0.1:${port}`],
      ['--origin', origin],
      ['--database', `sqlite:${path.join(folder, 'baton.db')}`],
      ['--keys', path.join(folder, 'keys')],
      ['--site', served],
      ['--limits', options.limits],
      ['--access-token-seconds', String(options.accessTokenSeconds)],
      ['--recent-login-seconds', String(options.recentLoginSeconds)],
      gateway ? ['--trusted-proxies', '127.0.0.1'] : [],
      gateway ? ['--audience', [origin, ...gateway.audiences].join(',')] : [],
    ].flat();
    const program = new ManagedProcess({ binary, arguments: flags, folder, ready: 'listening on ' });
    const server = new Server(origin, port, folder, program);
    try {
      await server.start();
    } catch (error) {
      await server.discard();
      throw error;
    }
    return server;
  }

  /** What it has logged so far. */
  get log(): string {
    return this.program.log;
  }

  /** Starts it, or starts it again: same port, same database, same keys. */
  async start(): Promise<void> {
    await this.program.start();
  }

  /** Ends it; what it has stored stays. */
  async stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.program.stop(signal);
  }

  /** Ends it and removes what it has stored. */
  async discard(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
