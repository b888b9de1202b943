// The real server: its own port, its own database, its own keys.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { api } from './contract';
import { freePort, ManagedProcess } from './managed-process';

/** Options of a spec file: `test.use({ accessTokenSeconds: 2 })`. */
export interface ServerOptions {
  accessTokenSeconds: number;
  /** How long a login counts as recent, before a step-up. */
  recentLoginSeconds: number;
  /** Rate limits: the defaults, or none. */
  limits: 'default' | 'off';
  /** Whether access tokens are for a notes service of this origin, so that the site has its page. */
  withNotes?: boolean;
}

/** A reverse proxy in front of the server, and their common origin. */
export interface ReverseProxy {
  readonly origin: string;
  /** The audiences of services that take its tokens; with none, the server trusts no forwarded headers. */
  readonly audiences: string[];
}

export const workspace = path.resolve(__dirname, '..', '..');
const binary = process.env.BATON_BINARY ?? path.join(workspace, 'target', 'debug', 'baton');
export const site = process.env.BATON_SITE ?? path.join(workspace, 'target', 'site');

export class Server {
  private constructor(
    /** The public origin. */
    readonly origin: string,
    /** Where it listens. */
    readonly port: number,
    /** Its database and keys, and files of its gateway. */
    readonly folder: string,
    private readonly program: ManagedProcess,
  ) {}

  /** Starts a server with an empty database. */
  static async start(options: ServerOptions, proxy?: ReverseProxy, served: string = site): Promise<Server> {
    const folder = await mkdtemp(path.join(tmpdir(), 'baton-end2end-'));
    const port = await freePort();
    const origin = proxy?.origin ?? `http://localhost:${port}`;
    const services = proxy?.audiences ?? [];
    const audiences = options.withNotes ? [...services, `${origin}${api.notes}`] : services;
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
      services.length > 0 ? ['--trusted-proxies', '127.0.0.1'] : [],
      audiences.length > 0 ? ['--audience', [origin, ...audiences].join(',')] : [],
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

  /** Its log so far. */
  get log(): string {
    return this.program.log;
  }

  /** Starts it, or restarts it: same port, same database, same keys. */
  async start(): Promise<void> {
    await this.program.start();
  }

  /** Stops it; its database stays. */
  async stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.program.stop(signal);
  }

  /** Stops it and removes its folder. */
  async discard(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
