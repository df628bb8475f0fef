import { decrypt, getSignature } from '@wecom/crypto';
import { describe, expect, test } from 'vitest';
import type { Happening, InteractiveAnswer, RawRequest } from '../../../../src/channels/channel.ts';
import { scanFlatXml } from '../../../../src/channels/wecom/xml.ts';
import published from '../../../fixtures/wecom/callback-vectors.json' with { type: 'json' };
import { ACCOUNT, aChannel, aMessage, aPush, aPushOf, KEYS, NOW, received } from '../../../fixtures/wecom/platform.ts';

const channel = aChannel();
const V1 = published.vectors.find(({ name }) => name === 'V1')!;
const TEXT = { MsgType: 'text', Content: '新客户 李女士 需要30万', MsgId: '7469081234567890123' };
const TAP = {
  MsgType: 'event',
  Event: 'template_card_event',
  EventKey: 'k3m9abcd:2:approve',
  TaskId: 'k3m9abcd-2-0011223344556677',
  CardType: 'button_interaction',
  ResponseCode: 'RC_7f3a91',
};

async function happening(fields: Readonly<Record<string, string>>): Promise<Happening> {
  const { events } = await received(channel, aPush(aMessage(fields)));
  return events[0]!.happening;
}

async function refusal(request: RawRequest): Promise<unknown> {
  const result = await channel.receive(request, NOW);
  return 'refused' in result ? [result.status, result.reason] : 'accepted';
}

function verification(echo: string, parameters: Readonly<Record<string, string>> = {}): RawRequest {
  const query = { msg_signature: V1.signature, timestamp: V1.timestamp, nonce: V1.nonce, ...parameters };
  const url = `/channels/wecom/callback?${new URLSearchParams(query).toString()}${echo}`;
  return { method: 'GET', url, headers: {}, body: Buffer.alloc(0) };
}

describe('URL verification', () => {
  test.each([
    ['escaped', encodeURIComponent(V1.encrypt)],
    ['with bare plus signs', V1.encrypt],
    ['with plus signs already turned into spaces', V1.encrypt.replaceAll('+', '%20')],
  ])('an echostr %s is answered with exactly its plaintext', async (_, echo) => {
    const result = await received(channel, verification(`&echostr=${echo}`));

    expect(result.events).toEqual([]);
    expect(result.answer()).toEqual({
      status: 200,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: V1.plain,
    });
  });

  test('a missing echostr or signature is 400, a wrong signature 401', async () => {
    expect(await refusal(verification(''))).toEqual([400, 'missing_parameter']);
    expect(await refusal(verification('&echostr='))).toEqual([400, 'missing_parameter']);
    expect(await refusal({ ...verification(''), url: '/channels/wecom/callback' })).toEqual([400, 'missing_parameter']);
    expect(await refusal(verification(`&echostr=${encodeURIComponent(V1.encrypt)}`, { nonce: '1' }))).toEqual([
      401,
      'bad_signature',
    ]);
  });
});

describe('messages of members', () => {
  test('a text becomes a message of its sender, known by its MsgId', async () => {
    const { events, interactive } = await received(channel, aPush(aMessage(TEXT)));

    expect(interactive).toBe(false);
    expect(events).toEqual([
      {
        platform: 'wecom',
        address: { account: ACCOUNT, chat: 'zhangwei' },
        sender: 'zhangwei',
        deliveryKeys: ['msg:7469081234567890123'],
        occurredAt: new Date(1_735_693_262_000),
        happening: { kind: 'message', messageId: '7469081234567890123', text: '新客户 李女士 需要30万', media: [] },
      },
    ]);
  });

  test.each([
    ['image', { MediaId: 'm1', PicUrl: 'https://wework.example/p' }, '', [{ id: 'm1', kind: 'image' }]],
    ['voice', { MediaId: 'm2', Format: 'amr' }, '', [{ id: 'm2', kind: 'voice', mime: 'audio/amr' }]],
    ['video', { MediaId: 'm3', ThumbMediaId: 't3' }, '', [{ id: 'm3', kind: 'video' }]],
    [
      'link',
      { Title: '房源', Description: '两室', Url: 'https://h.example/1', PicUrl: '' },
      '房源\n两室\nhttps://h.example/1',
      [],
    ],
  ])('a %s is a message with its text and media', async (MsgType, fields, text, media) => {
    expect(await happening({ MsgType, MsgId: '1', ...fields })).toEqual({
      kind: 'message',
      messageId: '1',
      text,
      media,
    });
  });

  test.each([
    ['location', { Location_X: '22.54', Location_Y: '113.93', Label: '南山区' }],
    ['hologram', {}],
  ])('a %s cannot be read, and says nothing but its kind', async (MsgType, fields) => {
    const found = await happening({ MsgType, MsgId: '1', ...fields });

    expect(found).toEqual({ kind: 'unreadable', messageId: '1', what: MsgType });
  });

  test.each([
    ['00123', '00123'],
    ['1e5', '1e5'],
    ['ZhangWei', 'zhangwei'],
  ])('the member %s is %s to us: his id is a text, and the same in any case', async (FromUserName, id) => {
    const { events } = await received(channel, aPush(aMessage({ ...TEXT, FromUserName })));

    expect(events[0]).toMatchObject({ sender: id, address: { chat: id } });
  });
});

describe('events', () => {
  test.each([
    ['subscribe', { kind: 'reachable', reachable: true }],
    ['unsubscribe', { kind: 'reachable', reachable: false }],
    ['enter_agent', { kind: 'opened' }],
    ['batch_job_result', { kind: 'other', what: 'event.batch_job_result' }],
  ])('%s is understood', async (Event, expected) => {
    expect(await happening({ MsgType: 'event', Event, EventKey: '' })).toEqual(expected);
  });

  test('a menu item says the word of its key', async () => {
    expect(await happening({ MsgType: 'event', Event: 'click', EventKey: '我的客户' })).toMatchObject({
      kind: 'message',
      text: '我的客户',
      messageId: expect.stringMatching(/^event:[0-9a-f]{64}$/),
    });
  });

  test('what no person caused has no sender', async () => {
    const fields = {
      MsgType: 'event',
      FromUserName: 'sys',
      Event: 'change_external_contact',
      ChangeType: 'add_external_contact',
      AgentID: '3010040',
    };
    const { events, interactive } = await received(channel, aPush(aMessage(fields)));

    expect(interactive).toBe(false);
    expect(events[0]).toMatchObject({
      sender: '',
      address: { chat: 'sys' },
      happening: { kind: 'other', what: 'event.change_external_contact.add_external_contact' },
    });
  });

  test('two customers added in the same second are two events, a redelivery is the same one', async () => {
    const added = {
      MsgType: 'event',
      FromUserName: 'sys',
      Event: 'change_external_contact',
      ChangeType: 'add_external_contact',
    };
    const keys = async (ExternalUserID: string, nonce: string) =>
      (await received(channel, aPush(aMessage({ ...added, ExternalUserID }), { nonce }))).events[0]?.deliveryKeys[0];

    expect(await keys('wmA', '1')).not.toBe(await keys('wmB', '2'));
    expect(await keys('wmA', '1')).toBe(await keys('wmA', '3'));
  });
});

describe('presses on cards', () => {
  test('a button of ours gives card, revision, verb and what a redraw needs', async () => {
    const { events, interactive } = await received(channel, aPush(aMessage(TAP)));

    expect(interactive).toBe(true);
    expect(events[0]?.happening).toEqual({
      kind: 'action',
      cardId: 'k3m9abcd',
      revision: 2,
      verb: 'approve',
      selected: {},
      handle: { responseCode: 'RC_7f3a91', taskId: TAP.TaskId },
    });
    expect(events[0]?.deliveryKeys).toEqual([
      expect.stringMatching(/^event:[0-9a-f]{64}$/),
      `tap:${TAP.TaskId}:RC_7f3a91`,
    ]);
  });

  test('two presses in one second differ by their response code', async () => {
    const keys = async (ResponseCode: string) =>
      (await received(channel, aPush(aMessage({ ...TAP, ResponseCode })))).events[0]?.deliveryKeys[1];

    expect(await keys('RC_1')).not.toBe(await keys('RC_2'));
  });

  test('drop-downs come with the press, one or several', async () => {
    const item = (key: string, options: readonly string[]) =>
      `<SelectedItem><QuestionKey><![CDATA[${key}]]></QuestionKey><OptionIds>${options.map((id) => `<OptionId><![CDATA[${id}]]></OptionId>`).join('')}</OptionIds></SelectedItem>`;

    expect(await happening({ ...TAP, SelectedItems: item('reason', ['007']) })).toMatchObject({
      selected: { reason: '007' },
    });
    expect(
      await happening({ ...TAP, SelectedItems: item('reason', ['doc']) + item('missing', ['flow', 'tax']) }),
    ).toMatchObject({
      selected: { reason: 'doc', missing: 'flow,tax' },
    });
  });

  test('a menu press counts, a key that is not ours does not', async () => {
    expect(await happening({ ...TAP, Event: 'template_card_menu_event' })).toMatchObject({
      kind: 'action',
      verb: 'approve',
    });
    expect(await happening({ ...TAP, EventKey: 'approve' })).toEqual({
      kind: 'other',
      what: 'event.template_card_event',
    });
  });
});

describe('what is refused', () => {
  const message = aMessage(TEXT);
  const seconds = (offset: number) => String(NOW.getTime() / 1000 + offset);

  test.each([
    ['a wrong signature', aPush(message, { signature: '0'.repeat(40) }), [401, 'bad_signature']],
    ['another receiver inside', aPush(message, { receiveId: 'ww0000000000000000' }), [403, 'wrong_receiver']],
    [
      'another corp on the envelope',
      aPush(message, { envelope: (e) => `<xml><ToUserName>ww0</ToUserName><Encrypt>${e}</Encrypt></xml>` }),
      [403, 'wrong_receiver'],
    ],
    ['another corp in the message', aPush(aMessage({ ...TEXT, ToUserName: 'ww0' })), [403, 'wrong_receiver']],
    ['a message for another app', aPush(aMessage({ ...TEXT, AgentID: '1000008' })), [403, 'wrong_agent']],
    ['a timestamp 10 minutes and a second old', aPush(message, { timestamp: seconds(-601) }), [401, 'stale_timestamp']],
    ['a timestamp more than 5 minutes ahead', aPush(message, { timestamp: seconds(301) }), [401, 'future_timestamp']],
    ['a timestamp that is none', aPush(message, { timestamp: '1e9' }), [401, 'stale_timestamp']],
    [
      'a document type outside',
      aPush(message, { envelope: (e) => `<!DOCTYPE xml><xml><Encrypt>${e}</Encrypt></xml>` }),
      [400, 'doctype'],
    ],
    ['a document type inside', aPush(`<!DOCTYPE xml>${message}`), [400, 'doctype']],
    [
      'an envelope without content',
      aPush(message, { envelope: () => '<xml><ToUserName>x</ToUserName></xml>' }),
      [400, 'malformed_envelope'],
    ],
    [
      'an envelope that is JSON',
      aPush(message, { envelope: (e) => JSON.stringify({ encrypt: e }) }),
      [400, 'malformed_envelope'],
    ],
    [
      'an envelope with nested content',
      aPush(message, { envelope: (e) => `<xml><Encrypt><A>${e}</A></Encrypt></xml>` }),
      [400, 'malformed_envelope'],
    ],
    ['a message that is no XML', aPush('hello'), [400, 'malformed_message']],
    ['a truncated ciphertext', aPushOf(V1.encrypt.slice(0, 40)), [400, 'bad_ciphertext']],
    ['a body above 1 MiB', { ...aPush(message), body: Buffer.alloc(1_048_577, 'a') }, [413, 'too_large']],
    ['another method', { ...aPush(message), method: 'PUT' }, [405, 'method_not_allowed']],
    [
      'a push without signature',
      { ...aPush(message), url: '/channels/wecom/callback?timestamp=1&nonce=2' },
      [400, 'missing_parameter'],
    ],
  ])('%s', async (_, request, expected) => {
    expect(await refusal(request)).toEqual(expected);
  });

  test.each([-600, 300])('a timestamp %i seconds away is still accepted', async (offset) => {
    expect(await refusal(aPush(message, { timestamp: seconds(offset) }))).toBe('accepted');
  });

  test('plus signs of the ciphertext turned into spaces break the signature', async () => {
    const damaged = (encrypted: string) => `<xml><Encrypt>${encrypted.replaceAll('+', ' ')}</Encrypt></xml>`;

    expect(await refusal(aPushOf(V1.encrypt, { envelope: damaged }))).toEqual([401, 'bad_signature']);
  });
});

describe('the answer', () => {
  /** What the platform reads in our answer; checks its signature with the platform's own library. */
  async function passive(fields: Readonly<Record<string, string>>, answer?: InteractiveAnswer): Promise<string> {
    const { body } = (await received(channel, aPush(aMessage(fields)))).answer(answer);
    if (body === '' || typeof body !== 'string') return String(body);
    const envelope = scanFlatXml(body);
    if (typeof envelope === 'string') throw new Error(envelope);
    const [encrypted, timestamp, nonce] = ['Encrypt', 'TimeStamp', 'Nonce'].map((name) => envelope.get(name) ?? '');
    expect(getSignature(KEYS.token, timestamp!, nonce!, encrypted!)).toBe(envelope.get('MsgSignature'));
    const opened = decrypt(KEYS.encodingAesKey, encrypted!);
    expect(opened.id).toBe(KEYS.corpId);
    return opened.message;
  }

  test('is empty with status 200 when there is nothing to show', async () => {
    expect((await received(channel, aPush(aMessage(TEXT)))).answer()).toEqual({ status: 200, body: '' });
  });

  test('names the member as the platform spelled him', async () => {
    const fields = { ...TAP, FromUserName: 'ZhangWei' };

    expect(await passive(fields, { kind: 'text', text: '已收到' })).toContain('<![CDATA[ZhangWei]]></ToUserName>');
  });

  test('is an encrypted text to the member, names swapped, his markup harmless', async () => {
    expect(await passive(TAP, { kind: 'text', text: '已收到 <b>]]>' })).toBe(
      '<xml><ToUserName><![CDATA[zhangwei]]></ToUserName><FromUserName><![CDATA[ww1a2b3c4d5e6f7890]]></FromUserName>' +
        '<CreateTime>1735693261</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[已收到 &lt;b&gt;]]&gt;]]></Content></xml>',
    );
  });

  test.each([
    ['words, which are answered by a message', TEXT],
    ['what no member did', { MsgType: 'event', FromUserName: 'sys', Event: 'change_contact' }],
  ])('stays empty to %s', async (_, fields) => {
    expect(await passive(fields, { kind: 'text', text: 'x' })).toBe('');
  });

  test('reproduces the published reply V4 with its random prefix, nonce and time', async () => {
    const V4 = published.vectors.find(({ name }) => name === 'V4')!;
    const { CallbackCrypto } = await import('../../../../src/channels/wecom/callback-crypto.ts');
    const crypto = new CallbackCrypto({ ...KEYS, receiveId: KEYS.corpId }, () => Buffer.from(V4.random));

    expect(crypto.seal(V4.plain, V4.timestamp)).toMatchObject({ encrypt: V4.encrypt, timestamp: V4.timestamp });
    expect(crypto.sign(V4.timestamp, V4.nonce, V4.encrypt)).toBe(V4.signature);
  });
});
