/** The platform's side as a stub: takes every message and tells for which chat one has come. Enforces nothing. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A stub that is listening. */
export interface Stub {
  readonly url: string;
  /** Called with the chat as soon as a message for it has been read completely. */
  onMessage: (chat: string) => void;
  readonly messages: number;
  close(): Promise<void>;
}

/** What a platform answers, and to whom a request is. */
interface Manners {
  chatOf(path: string, body: string): string | undefined;
  answer(path: string, serial: number): string;
}

/** WeCom: a token, messages, redrawn cards. */
export async function startWecomStub(): Promise<Stub> {
  return startStub({
    chatOf: (path, body) => (path.includes('/message/send') ? /"touser":"([^"]+)"/.exec(body)?.[1] : undefined),
    answer: (path, serial) =>
      path.includes('/gettoken')
        ? '{"errcode":0,"errmsg":"ok","access_token":"bench-token","expires_in":7200}'
        : `{"errcode":0,"errmsg":"ok","msgid":"m${serial}","response_code":"r${serial}"}`,
  });
}

/** Telegram: messages; everything else is `true`. */
export async function startTelegramStub(): Promise<Stub> {
  return startStub({
    chatOf: (path, body) => (path.endsWith('/sendMessage') ? /"chat_id":(\d+)/.exec(body)?.[1] : undefined),
    answer: (path, serial) =>
      path.endsWith('/sendMessage')
        ? `{"ok":true,"result":{"message_id":${serial},"date":1700000000,"chat":{"id":1,"type":"private"},"text":"ok"}}`
        : '{"ok":true,"result":true}',
  });
}

async function startStub(manners: Manners): Promise<Stub> {
  const server = createServer((request, response) => take(request, response));
  server.keepAliveTimeout = 120_000;
  const state = { messages: 0, serial: 0 };
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const path = request.url ?? '';
      state.serial += 1;
      const text = manners.answer(path.split('?')[0] ?? '', state.serial);
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
      response.end(text);
      const chat = manners.chatOf(path.split('?')[0] ?? '', body);
      if (chat === undefined) return;
      state.messages += 1;
      stub.onMessage(chat);
    });
  };
  await listening(server);
  const stub: Stub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    onMessage: () => undefined,
    get messages() {
      return state.messages;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return stub;
}

async function listening(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}
