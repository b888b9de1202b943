// A fault proxy that terminates TLS in front of the server and loses answers: the request arrives, the server
// answers, and the connection closes without a byte of that answer. On a reused connection, Chromium takes this for
// an idle timeout, and resends the request by itself, POST or not (RFC 9110 section 9.2.2: a client SHOULD NOT).
import { once } from 'node:events';
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type ServerResponse,
} from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TLSSocket, Server as TlsServer } from 'node:tls';
import type { Page } from '@playwright/test';
import { selfSigned } from './certificate';
import { api } from './contract';
import type { MockResponse } from './network-faults';

/** The browser's protocol, by its ALPN name. */
export type Protocol = 'http/1.1' | 'h2';

/** A request of a page, or a pattern for it. */
export interface Call {
  readonly method: string;
  /** With `/*` at the end: any path below. */
  readonly path: string;
}

/** Whether a request matches a pattern. */
export function isCall({ method, path }: Call, it: Call): boolean {
  const isThere = path.endsWith('/*') ? it.path.startsWith(path.slice(0, -1)) : it.path === path;
  return it.method === method && isThere;
}

/** The server behind the proxy, and its configured origin. */
export interface Upstream {
  readonly port: number;
  readonly origin: string;
}

/** Chromium's connections to one host over HTTP/1.1. */
const CONNECTIONS = 6;
/**
 * With WITHOUT_KEYS=1 the specs show what happens without idempotency keys, and fail: the table of before and after.
 */
const withoutKeys = process.env.WITHOUT_KEYS === '1';
/** Their idempotency key is the attempt key of a rotation, which is older. */
const keyedRotations = new Set<string>([api.refresh, api.confirm, api.password]);
/** The proxy's own path. */
const IDLE_CONNECTION_PATH = '/kept-open';
/** Headers of one connection, not of the message (RFC 9110 section 7.6.1, RFC 9113 section 8.2.2). */
const CONNECTION_HEADERS = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade']);

interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** The lost answers of one call. */
export class Fault {
  /** Requests answered by the server. */
  reached = 0;
  /** Requests in flight at the server. */
  underWay = 0;

  constructor(
    readonly call: Call,
    private left: number,
  ) {}

  /** From now on every answer is delivered. */
  end(): void {
    this.left = 0;
  }

  /** Counts an answer, and says whether to lose it. */
  losesOne(): boolean {
    this.reached += 1;
    const isLost = this.left > 0;
    this.left -= 1;
    return isLost;
  }
}

export class FaultProxy {
  /** The proxy's origin for browsers. */
  readonly origin: string;
  private upstream: Upstream | undefined;
  private fault: Fault | undefined;
  private mock: { call: Call; answer: MockResponse } | undefined;
  private readonly heldResponses: ServerResponse[] = [];
  private readonly sockets = new Set<TLSSocket>();

  private constructor(
    readonly protocol: Protocol,
    private readonly server: TlsServer,
  ) {
    this.origin = `https://localhost:${(server.address() as AddressInfo).port}`;
    server.on('secureConnection', (socket: TLSSocket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
      // A browser may close at any time.
      socket.on('error', () => undefined);
    });
  }

  /** Listens without an upstream, because a server must know its origin before it starts. */
  static async start(protocol: Protocol): Promise<FaultProxy> {
    const certificate = selfSigned();
    // Set below, before a request can arrive.
    let proxy: FaultProxy | undefined;
    let server: TlsServer;
    if (protocol === 'h2') {
      server = createSecureServer(certificate, (incoming, outgoing) => {
        // Made to be used as the messages of HTTP/1.1 are (Node, "Compatibility API").
        const [asked, answer] = [incoming, outgoing] as unknown as [IncomingMessage, ServerResponse];
        void proxy?.serve(asked, answer, () => incoming.stream.session?.destroy());
      });
    } else {
      // 0 is no timeout: only the test closes idle connections.
      const options = { ...certificate, keepAliveTimeout: 0 };
      server = createServer(options, (incoming, outgoing) => {
        void proxy?.serve(incoming, outgoing, () => incoming.socket.destroySoon());
      });
    }
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy = new FaultProxy(protocol, server);
    return proxy;
  }

  forwardTo(upstream: Upstream): void {
    this.upstream = upstream;
  }

  /** Loses the next `times` answers to this call; `Infinity`: until `end`. */
  loseAnswers(call: Call, times: number): Fault {
    this.fault = new Fault(call, times);
    return this.fault;
  }

  /** The next such call gets this response, and does not reach the server. */
  mockNextResponse(call: Call, answer: MockResponse): void {
    this.mock = { call, answer };
  }

  /**
   * Leaves as many idle connections as the browser opens: one over HTTP/2. Each is used once, so that a request on it
   * is resent when it closes.
   */
  async openIdleConnections(page: Page): Promise<void> {
    const paths = Array.from({ length: CONNECTIONS }, (_, index) => `${IDLE_CONNECTION_PATH}?${index}`);
    await page.evaluate(async (paths) => {
      await Promise.all(paths.map((path) => fetch(path, { cache: 'no-store' })));
    }, paths);
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private async serve(incoming: IncomingMessage, outgoing: ServerResponse, hangUp: () => void): Promise<void> {
    outgoing.on('error', () => undefined);
    const { pathname: path } = new URL(incoming.url ?? '/', this.origin);
    if (path === IDLE_CONNECTION_PATH) return this.holdOpen(outgoing);
    const asked: Call = { method: incoming.method ?? 'GET', path };
    const fault = this.fault && isCall(this.fault.call, asked) ? this.fault : undefined;
    if (fault) fault.underWay += 1;
    try {
      const { status, headers, body } = this.takeMockResponse(asked) ?? (await this.forward(incoming));
      if (fault?.losesOne()) hangUp();
      else outgoing.writeHead(status, headers).end(body);
    } catch {
      // The server or the page is gone.
      hangUp();
    } finally {
      if (fault) fault.underWay -= 1;
    }
  }

  private takeMockResponse(asked: Call): Answer | undefined {
    const { mock } = this;
    if (!mock || !isCall(mock.call, asked)) return undefined;
    this.mock = undefined;
    const { status, contentType, headers, body } = mock.answer;
    return {
      status,
      headers: { ...headers, 'content-type': contentType },
      body: Buffer.from(body),
    };
  }

  /** Sends the whole request, and reads the whole response. */
  private async forward(incoming: IncomingMessage): Promise<Answer> {
    if (!this.upstream) throw new Error('the proxy leads nowhere yet');
    const { port, origin } = this.upstream;
    const body = await buffer(incoming);
    const headers = endToEndHeaders(incoming.headers);
    headers.host = new URL(origin).host;
    // Behind a gateway the server has an http origin: the notes service fetches the JWKS from there, and trusts no
    // self-signed certificate.
    if (headers.origin === this.origin) headers.origin = origin;
    const { method, url: path } = incoming;
    if (withoutKeys && !keyedRotations.has(path ?? '')) delete headers['idempotency-key'];
    // A new connection for each request, so that this proxy never resends one.
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false });
    const answered = once(sent, 'response');
    sent.on('error', () => undefined);
    sent.end(body);
    const [answer] = (await answered) as [IncomingMessage];
    return {
      status: answer.statusCode ?? 502,
      headers: endToEndHeaders(answer.headers),
      body: await buffer(answer),
    };
  }

  /** Answers all at once, so that each has its own connection. */
  private holdOpen(outgoing: ServerResponse): void {
    this.heldResponses.push(outgoing);
    if (this.heldResponses.length < CONNECTIONS) return;
    for (const waiting of this.heldResponses.splice(0)) waiting.writeHead(204).end();
  }
}

function endToEndHeaders(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const kept: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(headers)) {
    // A colon begins the pseudo-headers of HTTP/2.
    const isKept = !name.startsWith(':') && !CONNECTION_HEADERS.has(name);
    if (isKept && value !== undefined) kept[name] = value;
  }
  return kept;
}
