/**
 * One HTTP/1.1 connection that writes finished bytes and reads as little as it must. The load generator shares the cores
 * with what it measures: a full client would cost as much as the server.
 */
import { connect, type Socket } from 'node:net';

/** An answer; the body only where the caller asked to keep it. */
export interface WireAnswer {
  readonly status: number;
  readonly body: string;
}

/** A request as bytes, made before the clock runs. */
export function requestBytes(path: string, headers: Readonly<Record<string, string>>, body: string): Buffer {
  const lines = Object.entries({ host: '127.0.0.1', 'content-length': String(Buffer.byteLength(body)), ...headers });
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
  );
}

/** One request at a time. */
export class Wire {
  readonly #socket: Socket;
  #pending: { resolve: (answer: WireAnswer) => void; reject: (error: Error) => void } | undefined;
  #heard = '';
  #isOpen = true;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#hear(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => {
      this.#isOpen = false;
      this.#fail(new Error('the server closed the connection'));
    });
  }

  /** False once the server has closed it, as servers do with idle connections. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Connects to a port of this machine. */
  static async open(port: number): Promise<Wire> {
    const socket = connect({ port, host: '127.0.0.1' });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Wire(socket);
  }

  /** Sends prepared bytes. @throws Error when the connection ends before the answer. */
  async send(bytes: Buffer): Promise<WireAnswer> {
    return new Promise((resolve, reject) => {
      if (!this.#isOpen) throw new Error('the connection is closed');
      this.#pending = { resolve, reject };
      this.#socket.write(bytes);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(chunk: Buffer): void {
    this.#heard += chunk.toString('latin1');
    const end = this.#heard.indexOf('\r\n\r\n');
    if (end === -1) return;
    const head = this.#heard.slice(0, end);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    const total = end + 4 + length;
    if (this.#heard.length < total) return;
    const answer = { status: Number(head.slice(9, 12)), body: this.#heard.slice(end + 4, total) };
    this.#heard = this.#heard.slice(total);
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.resolve(answer);
  }

  #fail(error: Error): void {
    this.#pending?.reject(error);
    this.#pending = undefined;
  }
}
