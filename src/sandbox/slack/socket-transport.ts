/** Payloads over Socket Mode. Source: docs.slack.dev/apis/events-api/using-socket-mode. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { fieldsOf, parseJson, textOf } from '../kernel/values.ts';
import type { Payload, Reply, Retry, Transport } from './delivery.ts';
import type { Workspace } from './workspace.ts';

/** Why Slack asks a connection to go: ten seconds from now, at once, or for good. */
export type DisconnectReason = 'warning' | 'refresh_requested' | 'link_disabled';

/** Deadlines and bounds of Socket Mode; milliseconds are real ones. */
export interface SocketTransportOptions {
  readonly workspace: Workspace;
  readonly deadlineMs: number;
  readonly maxSockets: number;
  readonly pingIntervalMs: number;
}

const NO_SOCKET: Reply = { isOk: false, status: 0, reason: 'connection_failed', isFinal: false, text: '' };
const NO_ACK: Reply = { isOk: false, status: 0, reason: 'http_timeout', isFinal: false, text: '' };

/** The open Socket Mode connections. */
export class SocketTransport implements Transport {
  readonly #options: SocketTransportOptions;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #tickets = new Set<string>();
  readonly #waiting = new Map<string, (reply: Reply) => void>();
  #sockets: WebSocket[] = [];
  #turn = 0;
  #isLinkDisabled = false;

  constructor(options: SocketTransportOptions) {
    this.#options = options;
  }

  /** How many connections are open. */
  get size(): number {
    return this.#sockets.length;
  }

  /** True after `link_disabled`: Socket Mode was switched off in the app's settings. */
  get isLinkDisabled(): boolean {
    return this.#isLinkDisabled;
  }

  /** The address `apps.connections.open` answers; good for one connection. */
  mintUrl(): string {
    const { workspace } = this.#options;
    const ticket = workspace.nextId('TK');
    this.#tickets.add(ticket);
    return `${workspace.publicBase.replace(/^http/, 'ws')}/link/?ticket=${ticket}&app_id=${workspace.appId}`;
  }

  /** Takes an HTTP upgrade to `/link/?ticket=…`; an unknown or used ticket is refused with 401. */
  accept(request: IncomingMessage, stream: Duplex, head: Buffer, query: URLSearchParams): void {
    if (!this.#tickets.delete(query.get('ticket') ?? '')) {
      stream.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, stream, head, (socket) => this.#welcome(socket));
  }

  /** Sends to one of the open connections, in turn, and waits for the envelope's acknowledgement. */
  send(payload: Payload, retry: Retry | undefined): Promise<Reply> {
    const socket = this.#sockets[this.#turn % Math.max(1, this.#sockets.length)];
    if (socket === undefined) return Promise.resolve(NO_SOCKET);
    this.#turn += 1;
    const envelopeId = this.#options.workspace.nextId('env-');
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(NO_ACK), this.#options.deadlineMs);
      const settle = (reply: Reply) => {
        clearTimeout(timer);
        this.#waiting.delete(envelopeId);
        resolve(reply);
      };
      this.#waiting.set(envelopeId, settle);
      socket.send(JSON.stringify(envelopeOf(payload, envelopeId, retry)));
    });
  }

  /** Tells every connection to go; all but the warning close it. */
  disconnect(reason: DisconnectReason): void {
    if (reason === 'link_disabled') this.#isLinkDisabled = true;
    for (const socket of this.#sockets.slice()) {
      socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'sandbox' } }));
      if (reason !== 'warning') socket.close(1000);
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
    for (const settle of this.#waiting.values()) settle(NO_SOCKET);
    this.#server.close();
  }

  #welcome(socket: WebSocket): void {
    if (this.#sockets.length >= this.#options.maxSockets) {
      socket.send(JSON.stringify({ type: 'disconnect', reason: 'too_many_websockets' }));
      socket.close(1000);
      return;
    }
    this.#sockets.push(socket);
    const ping = setInterval(() => socket.ping(), this.#options.pingIntervalMs);
    ping.unref();
    socket.on('message', (data) => this.#acknowledge(data));
    socket.on('close', () => {
      clearInterval(ping);
      this.#sockets = this.#sockets.filter((other) => other !== socket);
    });
    socket.send(JSON.stringify(this.#hello()));
  }

  #hello(): unknown {
    return {
      type: 'hello',
      num_connections: this.#sockets.length,
      connection_info: { app_id: this.#options.workspace.appId },
      debug_info: { host: 'sandbox', build_number: 1, approximate_connection_time: 18_060 },
    };
  }

  #acknowledge(data: unknown): void {
    const text = Buffer.isBuffer(data) ? data.toString('utf8') : '';
    const frame = fieldsOf(parseJson(text));
    const settle = this.#waiting.get(textOf(frame['envelope_id']) ?? '');
    const answer = frame['payload'];
    const words = typeof answer === 'string' ? answer : JSON.stringify(answer ?? '');
    settle?.({ isOk: true, status: 200, isFinal: false, text: answer === undefined ? '' : words });
  }
}

function envelopeOf(payload: Payload, envelopeId: string, retry: Retry | undefined): unknown {
  const again =
    retry === undefined
      ? {}
      : { retry_attempt: retry.num, retry_reason: retry.reason === 'http_timeout' ? 'timeout' : retry.reason };
  return {
    envelope_id: envelopeId,
    type: payload.kind,
    payload: payload.body,
    accepts_response_payload: payload.kind !== 'events_api',
    ...(payload.kind === 'events_api' ? { retry_attempt: 0, retry_reason: '' } : {}),
    ...again,
  };
}
