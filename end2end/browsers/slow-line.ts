// A proxy in front of the server: a line of limited throughput that all answers share, with every request counted.
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A turn of the line. Two answers at once take turns, as on a real one. */
const CHUNK_BYTES = 4_096;

export class SlowLine {
  /** Paths and queries in the order of their requests. */
  readonly requested: string[] = [];
  readonly origin: string;
  private upstreamPort = 0;
  private turn: Promise<void> = Promise.resolve();

  private constructor(
    private readonly server: Server,
    private readonly bytesPerSecond: number,
  ) {
    this.origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  }

  /** Listens without an upstream, because a server must know its origin before it starts. */
  static async start(bytesPerSecond: number): Promise<SlowLine> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const line = new SlowLine(server, bytesPerSecond);
    server.on('request', (incoming, outgoing) => void line.serve(incoming, outgoing));
    return line;
  }

  forwardTo(port: number): void {
    this.upstreamPort = port;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    this.requested.push(incoming.url ?? '');
    try {
      const { method, url: path, headers } = incoming;
      const sent = request({ host: '127.0.0.1', port: this.upstreamPort, method, path, headers });
      incoming.pipe(sent);
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      for await (const part of answer) await this.send(part as Buffer, outgoing);
      outgoing.end();
    } catch {
      // The browser or the server is gone.
      outgoing.destroy();
    }
  }

  private async send(part: Buffer, outgoing: ServerResponse): Promise<void> {
    for (let at = 0; at < part.length; at += CHUNK_BYTES) {
      const chunk = part.subarray(at, at + CHUNK_BYTES);
      const milliseconds = (chunk.length / this.bytesPerSecond) * 1_000;
      this.turn = this.turn.then(() => new Promise((resolve) => setTimeout(resolve, milliseconds)));
      await this.turn;
      outgoing.write(chunk);
    }
  }
}
