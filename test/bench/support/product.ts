/** The product as its operator starts it: `node dist/main.js start`, WeCom configured, nothing switched off. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CallbackCrypto } from '../../../src/channels/wecom/callback-crypto.ts';
import type { Message } from './drive.ts';
import { startProgram, type Running } from './processes.ts';
import { requestBytes } from './wire.ts';

/** A running product. */
export interface Product {
  readonly process: Running;
  readonly port: number;
  /** Adds people with WeCom ids through the API. */
  addStaff(userIds: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

const ROOT = path.resolve(import.meta.dirname, '../../..');
const TOKEN = 'bench-bootstrap-token';
/** The configured app. */
export const WECOM = {
  corpId: 'ww1a2b3c4d5e6f7890',
  agentId: '1000007',
  token: 'lnBrk9Tk2025',
  encodingAesKey: 'Q7mZx2LkP9vRt4HcYw8BnE5sDf3GuJ6aKo1iTqVhXyM',
};

/** Settings that only some runs need. */
export interface ProductOptions {
  readonly databaseUrl: string;
  readonly stubUrl: string;
  /** Arguments of node in front of the program, e.g. `--cpu-prof`. */
  readonly nodeArgs?: readonly string[];
}

/** Starts it on a free port. The build must be there: `scripts/build.mjs`. */
export async function startProduct(options: ProductOptions): Promise<Product> {
  const folder = await mkdtemp(path.join(tmpdir(), 'daiban-bench-data-'));
  const running = await startProgram({
    args: [...(options.nodeArgs ?? []), path.join(ROOT, 'dist/main.js'), 'start'],
    ready: /http:\/\/127\.0\.0\.1:\d+/,
    env: {
      DATABASE_URL: options.databaseUrl,
      DATA_DIR: folder,
      PORT: '0',
      LOG_LEVEL: 'warn',
      SANDBOX: 'off',
      MASTER_KEY: Buffer.alloc(32, 9).toString('base64'),
      BOOTSTRAP_API_TOKEN: TOKEN,
      WECOM_CORP_ID: WECOM.corpId,
      WECOM_AGENT_ID: WECOM.agentId,
      WECOM_SECRET: 'bench-secret',
      WECOM_TOKEN: WECOM.token,
      WECOM_ENCODING_AES_KEY: WECOM.encodingAesKey,
      WECOM_API_BASE: options.stubUrl,
    },
  });
  const port = Number(/:(\d+)/.exec(running.ready.slice(running.ready.indexOf('127.0.0.1')))?.[1]);
  return {
    process: running,
    port,
    addStaff: async (userIds) => addStaff(port, userIds),
    stop: async () => {
      await running.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const ADDERS = 8;

async function addStaff(port: number, userIds: readonly string[]): Promise<void> {
  const left = [...userIds];
  await Promise.all(
    Array.from({ length: ADDERS }, async () => {
      for (let id = left.pop(); id !== undefined; id = left.pop()) {
        const response = await fetch(`http://127.0.0.1:${port}/api/v1/staff`, {
          method: 'POST',
          headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
          body: JSON.stringify({ name: `员工${id}`, roles: ['sales'], wecom: id }),
        });
        if (response.status !== 201) throw new Error(`staff.add answered ${response.status}: ${await response.text()}`);
        await response.arrayBuffer();
      }
    }),
  );
}

const crypto = new CallbackCrypto({
  token: WECOM.token,
  encodingAesKey: WECOM.encodingAesKey,
  receiveId: WECOM.corpId,
});
let serial = 7_000_000_000_000_000n;

/** A member's text as WeCom delivers it: encrypted, signed, with a MsgId of its own. Made before the clock runs. */
export function wecomText(chat: string, text: string): Message {
  serial += 1n;
  const seconds = String(Math.floor(Date.now() / 1000));
  const sealed = crypto.seal(
    `<xml><ToUserName><![CDATA[${WECOM.corpId}]]></ToUserName><FromUserName><![CDATA[${chat}]]></FromUserName>` +
      `<CreateTime>${seconds}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[${text}]]></Content>` +
      `<MsgId>${serial}</MsgId><AgentID>${WECOM.agentId}</AgentID></xml>`,
    seconds,
  );
  const query = new URLSearchParams({
    msg_signature: sealed.signature,
    timestamp: sealed.timestamp,
    nonce: sealed.nonce,
  });
  const body =
    `<xml><ToUserName><![CDATA[${WECOM.corpId}]]></ToUserName><Encrypt><![CDATA[${sealed.encrypt}]]></Encrypt>` +
    `<AgentID><![CDATA[${WECOM.agentId}]]></AgentID></xml>`;
  const path = `/channels/wecom/callback?${query.toString()}`;
  return { chat, bytes: requestBytes(path, { 'content-type': 'text/xml' }, body) };
}
