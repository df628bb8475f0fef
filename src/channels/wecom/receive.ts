/**
 * The callback page of one app [doc 90930, 91116]: URL verification by GET, messages and events by POST. Nothing of a body
 * is believed before its signature; every refusal has a status and a reason, none throws.
 */
import type { HttpAnswer, InteractiveAnswer, RawRequest, Received, Refused } from '../channel.ts';
import type { CallbackCrypto } from './callback-crypto.ts';
import { senderOf, text, toInboundEvent } from './events.ts';
import { singleMessage } from './text.ts';
import { cdata, parseCallbackXml, scanFlatXml, type XmlFields } from './xml.ts';

const MAX_BODY_BYTES = 1_048_576;
/** Not tighter: whether redeliveries renew their timestamp is undocumented. */
const MAX_AGE_SECONDS = 600;
const MAX_AHEAD_SECONDS = 300;

/** Whose callbacks are received. */
export interface Receiver {
  readonly account: string;
  readonly corpId: string;
  readonly agentId: string;
  readonly crypto: CallbackCrypto;
}

/** What the request's signature covers. */
interface Signed {
  readonly signature: string;
  readonly timestamp: string;
  readonly nonce: string;
}

/** Verifies, opens and reads one request. Pure but for decryption. */
export function receiveCallback(receiver: Receiver, request: RawRequest, now: Date): Received | Refused {
  const query = new URLSearchParams(request.url.slice(queryStart(request.url)));
  const signed = {
    signature: query.get('msg_signature'),
    timestamp: query.get('timestamp'),
    nonce: query.get('nonce'),
  };
  if (!isSigned(signed)) return refuse(400, 'missing_parameter');
  if (request.method === 'GET') return verifyUrl(receiver, signed, query.get('echostr'), now);
  if (request.method !== 'POST') return refuse(405, 'method_not_allowed');
  return receivePush(receiver, signed, request.body, now);
}

/** The platform saves the callback address only if we can answer with the plaintext, byte for byte, within a second. */
function verifyUrl(receiver: Receiver, signed: Signed, echo: string | null, now: Date): Received | Refused {
  if (echo === null || echo === '') return refuse(400, 'missing_parameter');
  // Base64 holds `+`, which form decoding makes a space when somebody on the way has not escaped it.
  const opened = open(receiver, signed, echo.replaceAll(' ', '+'), now);
  if (typeof opened !== 'string') return opened;
  const headers = { 'content-type': 'text/plain; charset=utf-8' };
  return { events: [], interactive: false, answer: () => ({ status: 200, headers, body: opened }) };
}

function receivePush(receiver: Receiver, signed: Signed, body: Buffer, now: Date): Received | Refused {
  if (body.length > MAX_BODY_BYTES) return refuse(413, 'too_large');
  // Latin-1 is the cheapest reading and loses nothing: all that is used of the envelope is ASCII.
  const envelope = scanFlatXml(body.toString('latin1'));
  if (typeof envelope === 'string') return refuse(400, envelope === 'doctype' ? 'doctype' : 'malformed_envelope');
  const encrypt = envelope.get('Encrypt') ?? '';
  if (encrypt === '') return refuse(400, 'malformed_envelope');
  if ((envelope.get('ToUserName') ?? receiver.corpId) !== receiver.corpId) return refuse(403, 'wrong_receiver');
  const opened = open(receiver, signed, encrypt, now);
  return typeof opened === 'string' ? readMessage(receiver, opened, now) : opened;
}

/** The plaintext, once signature, time and receiver are right. */
function open(receiver: Receiver, signed: Signed, encrypt: string, now: Date): string | Refused {
  if (!receiver.crypto.verify(signed.signature, signed.timestamp, signed.nonce, encrypt))
    return refuse(401, 'bad_signature');
  const stale = timeFault(signed.timestamp, now);
  if (stale) return refuse(401, stale);
  const decrypted = receiver.crypto.decrypt(encrypt);
  if (decrypted.ok) return decrypted.message;
  return refuse(decrypted.fault === 'wrong_receiver' ? 403 : 400, decrypted.fault);
}

function readMessage(receiver: Receiver, plaintext: string, now: Date): Received | Refused {
  const fields = parseCallbackXml(plaintext);
  if (typeof fields === 'string') return refuse(400, fields === 'doctype' ? 'doctype' : 'malformed_message');
  if (text(fields, 'ToUserName') !== receiver.corpId) return refuse(403, 'wrong_receiver');
  // System events carry the agent of their own source; what a member does belongs to the app he does it in.
  const agentId = text(fields, 'AgentID');
  if (senderOf(fields) !== '' && agentId !== '' && agentId !== receiver.agentId) return refuse(403, 'wrong_agent');
  const event = toInboundEvent({ account: receiver.account, fields, plaintext, now });
  return {
    events: [event],
    interactive: isPress(fields),
    answer: (interactive) => answerCallback(receiver, fields, now, interactive),
  };
}

/** The platform would show what stands in our answer to a member's words, too; those are answered by a message. */
function isPress(fields: XmlFields): boolean {
  const event = text(fields, 'Event');
  return senderOf(fields) !== '' && (event === 'template_card_event' || event === 'template_card_menu_event');
}

/** An empty 200 means "nothing to show" and ends the redeliveries; anything unencrypted would show an error banner. */
const NOTHING: HttpAnswer = { status: 200, body: '' };

function answerCallback(receiver: Receiver, fields: XmlFields, now: Date, interactive?: InteractiveAnswer): HttpAnswer {
  if (interactive === undefined || !isPress(fields)) return NOTHING;
  const seconds = String(Math.floor(now.getTime() / 1000));
  const sealed = receiver.crypto.seal(passiveReply(receiver, fields, seconds, interactive), seconds);
  return {
    status: 200,
    headers: { 'content-type': 'application/xml; charset=utf-8' },
    body:
      `<xml><Encrypt>${cdata(sealed.encrypt)}</Encrypt><MsgSignature>${cdata(sealed.signature)}</MsgSignature>` +
      `<TimeStamp>${sealed.timestamp}</TimeStamp><Nonce>${cdata(sealed.nonce)}</Nonce></xml>`,
  };
}

function passiveReply(receiver: Receiver, fields: XmlFields, seconds: string, answer: InteractiveAnswer): string {
  return (
    `<xml><ToUserName>${cdata(senderOf(fields))}</ToUserName><FromUserName>${cdata(receiver.corpId)}</FromUserName>` +
    `<CreateTime>${seconds}</CreateTime><MsgType>${cdata('text')}</MsgType>` +
    `<Content>${cdata(singleMessage(answer.text))}</Content></xml>`
  );
}

function timeFault(timestamp: string, now: Date): 'stale_timestamp' | 'future_timestamp' | undefined {
  if (!/^\d{1,11}$/.test(timestamp)) return 'stale_timestamp';
  const age = now.getTime() / 1000 - Number(timestamp);
  if (age > MAX_AGE_SECONDS) return 'stale_timestamp';
  return age < -MAX_AHEAD_SECONDS ? 'future_timestamp' : undefined;
}

function queryStart(url: string): number {
  const mark = url.indexOf('?');
  return mark === -1 ? url.length : mark + 1;
}

function isSigned(parts: { readonly [name in keyof Signed]: string | null }): parts is Signed {
  return Object.values(parts).every((part) => part !== null && part !== '');
}

function refuse(status: number, reason: string): Refused {
  return { refused: true, status, reason };
}
