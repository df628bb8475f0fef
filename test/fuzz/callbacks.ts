/**
 * Long fuzz of what strangers can send us: WeCom callbacks before and behind the encryption, and any sentence a person
 * may type. `npx tsx test/fuzz/callbacks.ts [seconds]` prints JSON; `npm run fuzz` runs it with the others.
 */
import * as fc from 'fast-check';
import type { InboundEvent } from '../../src/channels/channel.ts';
import { CallbackCrypto } from '../../src/channels/wecom/callback-crypto.ts';
import { receiveCallback } from '../../src/channels/wecom/receive.ts';
import { parseCallbackXml } from '../../src/channels/wecom/xml.ts';
import { readMessage } from '../../src/core/conversation/index.ts';
import { businessDate } from '../../src/lib/business-date.ts';
import { damaged } from './damage.ts';
import { type FuzzTarget, runFromCommandLine } from './target.ts';

const CORP = 'ww1a2b3c4d5e6f7890';
const NOW = new Date('2026-11-21T02:00:00Z');
const SECONDS = String(NOW.getTime() / 1000);
const crypto = new CallbackCrypto({
  token: 'lnBrk9Tk2025',
  encodingAesKey: 'Q7mZx2LkP9vRt4HcYw8BnE5sDf3GuJ6aKo1iTqVhXyM',
  receiveId: CORP,
});
const receiver = { account: `wecom:${CORP}:1000007`, corpId: CORP, agentId: '1000007', crypto };
const TODAY = businessDate('2026-11-21');

const MESSAGE =
  `<xml><ToUserName><![CDATA[${CORP}]]></ToUserName><FromUserName><![CDATA[00123]]></FromUserName><CreateTime>${SECONDS}</CreateTime>` +
  `<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[新客户 何女士 13800006612]]></Content><MsgId>7001</MsgId><AgentID>1000007</AgentID></xml>`;
/** A press of one of our buttons, undamaged. */
export const PRESS =
  `<xml><ToUserName><![CDATA[${CORP}]]></ToUserName><FromUserName><![CDATA[00123]]></FromUserName><MsgType><![CDATA[event]]></MsgType>` +
  `<Event><![CDATA[template_card_event]]></Event><EventKey><![CDATA[abcd:1:approve]]></EventKey><TaskId>t</TaskId><ResponseCode>r</ResponseCode>` +
  `<SelectedItems><SelectedItem><QuestionKey>q</QuestionKey><OptionIds><OptionId>o</OptionId></OptionIds></SelectedItem></SelectedItems></xml>`;

/** Signed and encrypted as the platform would, whatever the message is. Gives the events that were read from it. */
export function receiveSealed(message: string): readonly InboundEvent[] {
  const sealed = crypto.seal(message, SECONDS);
  const query = new URLSearchParams({
    msg_signature: sealed.signature,
    timestamp: sealed.timestamp,
    nonce: sealed.nonce,
  });
  const body = Buffer.from(
    `<xml><ToUserName><![CDATA[${CORP}]]></ToUserName><Encrypt><![CDATA[${sealed.encrypt}]]></Encrypt></xml>`,
  );
  const received = receiveCallback(
    receiver,
    { method: 'POST', url: `/channels/wecom/callback?${query.toString()}`, headers: {}, body },
    NOW,
  );
  if ('refused' in received) {
    if (received.status < 400 || received.status > 499) throw new Error(`refused with ${received.status}`);
    return [];
  }
  for (const event of received.events) if (event.deliveryKeys[0] === '') throw new Error('an event without a key');
  return received.events;
}

const words = fc.constantFrom(
  '客户',
  '新客户',
  '还款',
  '取消',
  '30万',
  '三十万',
  '13800006612',
  '下周三',
  '金额改成',
  '50w',
  '，',
  ' ',
  '何女士',
  '南山',
  '按揭',
  'K305',
  '\n',
);
const sentence = fc.oneof(
  fc.array(words, { maxLength: 12 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 300 }),
);

/** Everything fuzzed at the front door. */
export const callbackTargets: readonly FuzzTarget[] = [
  {
    name: 'any unsigned request is refused',
    property: fc.asyncProperty(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: 'binary', maxLength: 400 }),
      async (query, body) => {
        const url = `/channels/wecom/callback?msg_signature=${encodeURIComponent(query)}&timestamp=${SECONDS}&nonce=n`;
        if (
          !('refused' in receiveCallback(receiver, { method: 'POST', url, headers: {}, body: Buffer.from(body) }, NOW))
        )
          throw new Error('taken without a signature');
      },
    ),
  },
  {
    name: 'damaged messages behind a right signature',
    property: fc.asyncProperty(damaged(MESSAGE), async (text) => void receiveSealed(text)),
  },
  {
    name: 'damaged presses behind a right signature',
    property: fc.asyncProperty(damaged(PRESS), async (text) => void receiveSealed(text)),
  },
  {
    name: 'any XML',
    property: fc.asyncProperty(
      fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), damaged(PRESS)),
      async (text) => void parseCallbackXml(text),
    ),
  },
  { name: 'any sentence is read', property: fc.asyncProperty(sentence, async (text) => void readMessage(text, TODAY)) },
];

await runFromCommandLine(import.meta.url, callbackTargets);
