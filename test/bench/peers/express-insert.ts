/**
 * The bare handler that acknowledgements are compared with: express reads the body, `@wecom/crypto` verifies and opens it,
 * one INSERT is committed, then 200. Settings: DATABASE_URL, WECOM_TOKEN, WECOM_ENCODING_AES_KEY.
 */
import type { AddressInfo } from 'node:net';
import { decrypt, getSignature } from '@wecom/crypto';
import express from 'express';
import { Pool } from 'pg';

const token = process.env['WECOM_TOKEN'] ?? '';
const aesKey = process.env['WECOM_ENCODING_AES_KEY'] ?? '';
const pool = new Pool({ connectionString: process.env['DATABASE_URL'], max: 16, min: 2, idleTimeoutMillis: 60_000 });
await pool.query('CREATE TABLE IF NOT EXISTS callbacks (message_id text PRIMARY KEY, body text NOT NULL)');

const app = express();
app.post('/channels/wecom/callback', express.text({ type: () => true }), async (request, response) => {
  const { msg_signature: signature, timestamp, nonce } = request.query as Readonly<Record<string, string>>;
  const encrypt = /<Encrypt><!\[CDATA\[(.*?)\]\]><\/Encrypt>/.exec(String(request.body))?.[1] ?? '';
  if (getSignature(token, timestamp ?? '', nonce ?? '', encrypt) !== signature) {
    response.sendStatus(401);
    return;
  }
  const { message } = decrypt(aesKey, encrypt);
  const id = /<MsgId>(\d+)<\/MsgId>/.exec(message)?.[1];
  await pool.query({
    name: 'insert',
    text: 'INSERT INTO callbacks (message_id, body) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    values: [id, message],
  });
  response.status(200).end();
});
const server = app.listen(0, '127.0.0.1', () =>
  console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}`),
);
process.once('SIGTERM', () => process.exit(0));
