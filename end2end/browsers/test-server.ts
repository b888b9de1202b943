// The server over https, as `cargo xtask run --https` serves it, and over http.
import { readFile } from 'node:fs/promises';
import { type AddressInfo, connect, type Server as TcpServer } from 'node:net';
import { createServer } from 'node:tls';
import { Server } from '../support/server';
import { required } from './tab';

export interface TestServer {
  readonly origin: string;
  readonly server: Server;
  discard(): Promise<void>;
}

const options = { accessTokenSeconds: 5, recentLoginSeconds: 900, limits: 'off' } as const;

export async function serveOverHttp(): Promise<TestServer> {
  const server = await Server.start(options);
  return { origin: server.origin, server, discard: () => server.discard() };
}

export async function serveOverHttps(): Promise<TestServer> {
  let upstream = 0;
  const edge = createServer(
    {
      cert: await readFile(required('BATON_CERTIFICATE')),
      key: await readFile(required('BATON_CERTIFICATE_KEY')),
    },
    (outside) => {
      const inside = connect(upstream, '127.0.0.1');
      outside.pipe(inside).pipe(outside);
      outside.on('error', () => inside.destroy());
      inside.on('error', () => outside.destroy());
    },
  );
  await listening(edge);
  const origin = `https://localhost:${(edge.address() as AddressInfo).port}`;
  const server = await Server.start(options, { origin, audiences: [] });
  upstream = server.port;
  return {
    origin,
    server,
    discard: async () => {
      edge.close();
      await server.discard();
    },
  };
}

async function listening(server: TcpServer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
}
