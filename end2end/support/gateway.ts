// The real gateway: Envoy with the configuration of deploy/envoy, Baton and the notes service behind it, each on its
// own port.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { api } from './contract';
import { freePort, ManagedProcess } from './managed-process';
import { Server, type ServerOptions, workspace } from './server';
import { newUser } from './users';

const configuration = path.join(workspace, 'deploy', 'envoy', 'envoy.yaml');
const service = process.env.BATON_NOTES ?? path.join(workspace, 'target', 'debug', 'notes');
const envoy = process.env.BATON_ENVOY ?? 'envoy';

const READY_WITHIN_MS = 20_000;

export class Gateway {
  private constructor(
    readonly server: Server,
    readonly notes: ManagedProcess,
    private readonly edge: ManagedProcess,
  ) {}

  /** Starts all three, and returns once the service accepts a fresh access token. */
  static async start(options: ServerOptions): Promise<Gateway> {
    const [edgePort, notesPort] = [await freePort(), await freePort()];
    const origin = `http://localhost:${edgePort}`;
    const audience = `${origin}${api.notes}`;
    const server = await Server.start(options, { origin, audiences: [audience] });
    const { folder } = server;
    const ports = new Map([
      ['3000', edgePort],
      ['3001', server.port],
      ['3002', notesPort],
    ]);
    const notes = new ManagedProcess({
      binary: service,
      arguments: [
        'serve',
        ['--listen', `127.0.0.1:${notesPort}`],
        ['--issuer', origin],
        ['--audience', audience],
        ['--database', `sqlite:${path.join(folder, 'notes.db')}`],
      ].flat(),
      folder,
      ready: 'listening on ',
    });
    const file = path.join(folder, 'envoy.yaml');
    // Several gateways run beside each other: without the shared memory of Envoys on one machine.
    const flags = ['--config-path', file, '--disable-hot-restart', '--concurrency', '1'];
    const edge = new ManagedProcess({
      binary: envoy,
      arguments: [...flags, '--log-level', 'warning'],
      folder,
    });
    const gateway = new Gateway(server, notes, edge);
    try {
      await writeFile(file, withPorts(await readFile(configuration, 'utf8'), ports));
      await notes.start();
      await edge.start();
      await gateway.ready();
    } catch (error) {
      await gateway.discard();
      throw new Error(`the gateway does not work\n${gateway.log}`, { cause: error });
    }
    return gateway;
  }

  /** The logs of all three. */
  get log(): string {
    return [this.server.log, this.notes.log, this.edge.log].join('\n');
  }

  async discard(): Promise<void> {
    await this.edge.stop();
    await this.notes.stop();
    await this.server.discard();
  }

  /** Envoy fetches the JWKS in its own time, and refuses every token before. */
  private async ready(): Promise<void> {
    const { origin } = this.server;
    const until = Date.now() + READY_WITHIN_MS;
    let why = 'no answer';
    while (Date.now() < until) {
      try {
        why = await probe(origin);
        if (why === '') return;
      } catch (error) {
        why = String(error);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`not ready in time: ${why}`);
  }
}

/** Reads the notes of a new user. Returns the failure, or an empty string. */
async function probe(origin: string): Promise<string> {
  const registered = await fetch(`${origin}${api.register}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(newUser()),
  });
  if (registered.status !== 201) return `${registered.status} to a registration`;
  const { access_token: token } = (await registered.json()) as { access_token: string };
  const headers = { Authorization: `Bearer ${token}` };
  const listed = await fetch(`${origin}${api.notes}`, { headers });
  return listed.ok ? '' : `${listed.status} to a call for notes: ${await listed.text()}`;
}

/** The configuration with other ports. */
function withPorts(text: string, ports: Map<string, number>): string {
  return text.replace(/(?<=port_value: |localhost:|127\.0\.0\.1:)\d{4}\b/g, (written) => {
    const port = ports.get(written);
    if (port === undefined) throw new Error(`${configuration} names an unknown port: ${written}`);
    return String(port);
  });
}
