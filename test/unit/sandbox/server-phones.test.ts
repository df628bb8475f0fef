/** The phones of the sandbox over HTTP: what their owners see, say, press and send. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { actionCard, HE, LIN, type Playground, QIAN, sendWecom, startPlayground } from './server-support.ts';

describe('phones', () => {
  let place: Playground;
  beforeAll(async () => {
    place = await startPlayground();
  });
  afterAll(() => place.close());

  test('every phone is listed with the role of its owner', async () => {
    const { json } = await place.call('GET', '/sandbox/api/phones');
    expect(
      json.phones.map(({ platform, id, name, role }: Record<string, string>) => [platform, id, name, role]),
    ).toEqual([
      ['wecom', 'xiaolin', '小林', 'sales'],
      ['slack', 'U0QIAN001', '小钱', 'reviewer'],
      ['slack', 'U0ZHAO001', '老赵', 'approver'],
      ['telegram', '7000000201', '何女士', 'customer'],
    ]);
  });

  test('what is said reaches the product as that platform sends it', async () => {
    await place.call('POST', `${LIN}/say`, { text: '新客户 何女士' });
    await place.call('POST', `${QIAN}/say`, { text: '待办' });
    await place.call('POST', `${HE}/start`, { payload: 'abc123' });

    const [wecom, slack, telegram] = place.delivered.slice(-3).map(({ body }) => body);
    expect(wecom).toContain('<Content><![CDATA[新客户 何女士]]></Content>');
    expect(JSON.parse(slack ?? '').event).toMatchObject({ type: 'message', text: '待办', user: 'U0QIAN001' });
    expect(JSON.parse(telegram ?? '').message).toMatchObject({ text: '/start abc123', chat: { id: 7_000_000_201 } });
  });

  test('a message may be as long as the phone says, and not longer', async () => {
    const { json } = await place.call('GET', LIN);
    const most = json.abilities.text as number;

    expect((await place.call('POST', `${LIN}/say`, { text: '字'.repeat(most) })).status).toBe(200);
    expect((await place.call('POST', `${LIN}/say`, { text: '字'.repeat(most + 1) })).status).toBe(422);
  });

  test('a card is pressed with what was chosen on it', async () => {
    await sendWecom(place, actionCard('task-1'));
    const before = await place.call('GET', LIN);
    const message = before.json.messages.at(-1);
    expect(message.card.buttons[0]).toMatchObject({ key: 'abcd:1:approve', text: '通过' });

    await place.call('POST', `${LIN}/tap`, {
      message: message.id,
      key: 'abcd:1:approve',
      selected: { reason: 'R05' },
    });

    expect(place.delivered.at(-1)?.body).toMatch(
      /<EventKey><!\[CDATA\[abcd:1:approve\]\]>.*<OptionId><!\[CDATA\[R05\]\]>/s,
    );
  });

  test('a card that waits for a press is counted on its phone, a grey one is not', async () => {
    const count = async (): Promise<number> => (await place.call('GET', '/sandbox/api/phones')).json.phones[0].waiting;
    const before = await count();
    const sent = await sendWecom(place, actionCard('task-2'));
    expect(await count()).toBe(before + 1);

    const { corpId, secret, agentId } = place.settings.wecom ?? { corpId: '', secret: '', agentId: 0 };
    const { json } = await place.call('GET', `/sandbox/wecom/cgi-bin/gettoken?corpid=${corpId}&corpsecret=${secret}`);
    const update = {
      userids: ['xiaolin'],
      agentid: agentId,
      response_code: sent.json.response_code,
      button: { replace_name: '已通过' },
    };
    await place.call(
      'POST',
      `/sandbox/wecom/cgi-bin/message/update_template_card?access_token=${json.access_token}`,
      update,
    );
    expect(await count()).toBe(before);
  });

  test('a file comes as multipart or in base64 and reaches the product', async () => {
    const form = new FormData();
    form.set('caption', '流水');
    form.set('file', new Blob([Buffer.from('%PDF-1.4 sample')], { type: 'application/pdf' }), '近6个月流水.pdf');
    await place.call('POST', `${HE}/file`, form);
    const document = JSON.parse(place.delivered.at(-1)?.body ?? '').message;
    expect(document).toMatchObject({
      document: { file_name: '近6个月流水.pdf', mime_type: 'application/pdf', file_size: 15 },
      caption: '流水',
    });

    await place.call('POST', `${QIAN}/file`, {
      name: '身份证.png',
      mime: 'image/png',
      base64: Buffer.alloc(64, 1).toString('base64'),
    });
    expect((await place.call('GET', QIAN)).json.messages.at(-1).file).toEqual({
      name: '身份证.png',
      mime: 'image/png',
      size: 64,
    });
  });

  test('several photos go as one album where the platform has albums; one alone, or a document, is none', async () => {
    const album = (...types: readonly string[]): FormData => {
      const form = new FormData();
      for (const [at, type] of types.entries())
        form.append('photo', new Blob([Buffer.alloc(32, at)], { type }), `${String(at)}.png`);
      return form;
    };
    const before = place.delivered.length;
    expect((await place.call('POST', `${HE}/album`, album('image/png', 'image/png'))).status).toBe(200);
    const groups = place.delivered.slice(before).map(({ body }) => JSON.parse(body).message.media_group_id as unknown);
    expect(groups).toHaveLength(2);
    expect(new Set(groups).size).toBe(1);

    expect((await place.call('POST', `${HE}/album`, album('image/png'))).status).toBe(422);
    expect((await place.call('POST', `${HE}/album`, album('image/png', 'application/pdf'))).status).toBe(422);
    expect((await place.call('POST', `${QIAN}/album`, album('image/png', 'image/png'))).status).toBe(409);
  });

  test('a picture can be looked at on the phone by what its bytes are; nothing else is shown in the page', async () => {
    const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(20)]);
    const send = async (phone: string, name: string, bytes: Buffer): Promise<string> => {
      const { json } = await place.call('POST', `${phone}/file`, {
        name,
        mime: 'image/png',
        base64: bytes.toString('base64'),
      });
      return `${phone}/files/${encodeURIComponent(json.messages.at(-1).id)}`;
    };
    for (const phone of [LIN, QIAN, HE]) {
      const answer = await place.call('GET', await send(phone, '房产证.png', png));
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png']);
    }

    const lie = await place.call('GET', await send(QIAN, '房产证.png', Buffer.from('<svg onload="alert(1)">')));
    expect(lie.headers.get('content-type')).toBe('application/octet-stream');
    expect(lie.headers.get('content-disposition')).toBe('attachment');
    expect((await place.call('GET', `${LIN}/files/nobody`)).status).toBe(404);
  });

  test('a file of 12 MB passes, a byte more is refused and nothing is sent', async () => {
    const file = (size: number) => ({
      name: 'a.pdf',
      mime: 'application/pdf',
      base64: Buffer.alloc(size).toString('base64'),
    });
    expect((await place.call('POST', `${HE}/file`, file(12 * 1_048_576))).status).toBe(200);
    const before = place.delivered.length;
    const answer = await place.call('POST', `${HE}/file`, file(12 * 1_048_576 + 1));
    expect([answer.status, answer.json.code, place.delivered.length]).toEqual([413, 'sandbox.too_large', before]);
  });

  test('sharing the phone gives the owner’s own number', async () => {
    await place.call('POST', `${HE}/contact`, {});
    expect(JSON.parse(place.delivered.at(-1)?.body ?? '').message.contact).toMatchObject({
      phone_number: '8613800006612',
      user_id: 7_000_000_201,
    });
  });

  test('an own message is changed and taken back where the platform can', async () => {
    const said = await place.call('POST', `${QIAN}/say`, { text: '同意' });
    const { id } = said.json.messages.at(-1);
    const edited = await place.call('POST', `${QIAN}/edit`, { message: id, text: '不同意' });
    expect(edited.json.messages.at(-1)).toMatchObject({ text: '不同意', edited: true });
    const removed = await place.call('POST', `${QIAN}/remove`, { message: id });
    expect(removed.json.messages.at(-1)).toMatchObject({ deleted: true });
    expect(JSON.parse(place.delivered.at(-1)?.body ?? '').event.subtype).toBe('message_deleted');
  });

  test('a blocked bot is told so by the platform, and the phone shows it', async () => {
    const blocked = await place.call('POST', `${HE}/block`);
    const botToken = place.settings.telegram?.botToken;
    const refused = await place.call('POST', `/sandbox/telegram/bot${botToken}/sendMessage`, {
      chat_id: 7_000_000_201,
      text: 'x',
    });
    const free = await place.call('POST', `${HE}/unblock`);
    expect([blocked.json.blocked, refused.json.error_code, free.json.blocked]).toEqual([true, 403, false]);
  });

  test('somebody who joined later gets a phone; staff on Telegram have pressed Start already', async () => {
    place.sandbox.restore([{ platform: 'telegram', id: '7000000102', name: '周敏', role: 'reviewer' }]);
    const botToken = place.settings.telegram?.botToken;
    const sent = await place.call('POST', `/sandbox/telegram/bot${botToken}/sendMessage`, {
      chat_id: 7_000_000_102,
      text: '有一件要审',
    });
    const { json } = await place.call('GET', '/sandbox/api/phones/telegram/7000000102');
    expect([sent.json.ok, json.messages.at(-1).text, json.role]).toEqual([true, '有一件要审', 'reviewer']);
  });
});
