/** The look-alike's callbacks against `@wecom/crypto`: it decrypts every push and makes every passive reply here. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createDecipheriv } from 'node:crypto';
import { FixedClock } from '../support/fixed-clock.ts';
import {
  approvalCard,
  CORP,
  element,
  listen,
  LOAN_APP,
  type Received,
  START,
  startWorld,
  type World,
} from './sandbox-wecom-world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(async () => {
  vi.useRealTimers();
  await world.close();
});

describe('saving the callback URL', () => {
  const answering = async (body: (plain: string) => string): Promise<{ result: unknown; echostr: string }> => {
    const fresh = await startWorld({}, false);
    let echostr = '';
    let plain = '';
    const other = await listen(async (request, response) => {
      const query = (request.url ?? '').slice((request.url ?? '').indexOf('?'));
      echostr = /echostr=([^&]*)/.exec(query)?.[1] ?? '';
      const echoed = await fetch(`${fresh.callbackUrl}${query}`);
      plain = await echoed.text();
      response.end(body(plain));
    });
    const result = await fresh.wecom.setCallbackUrl(LOAN_APP.agentId, `${other.base}/cb`);
    expect(fresh.received[0]).toMatchObject({ method: 'GET', genuine: true, plaintext: plain });
    await Promise.all([fresh.close(), other.close()]);
    return { result, echostr };
  };

  test('sends a signed and encrypted echostr that contains a + and accepts exactly its plaintext', async () => {
    const { result, echostr } = await answering((plain) => plain);
    expect(result).toEqual({ ok: true });
    expect(decodeURIComponent(echostr)).toContain('+');

    for (let n = 0; n < 25; n++) await world.wecom.setCallbackUrl(LOAN_APP.agentId, world.callbackUrl);
    expect(world.received.map(({ encrypted }) => encrypted.includes('+'))).toEqual(Array<boolean>(25).fill(true));
  });

  test.each<[string, (plain: string) => string]>([
    ['quotes around it', (plain) => JSON.stringify(plain)],
    ['a newline behind it', (plain) => `${plain}\n`],
    ['a byte-order mark before it', (plain) => `\uFEFF${plain}`],
  ])('fails with %s', async (_, body) => {
    expect((await answering(body)).result).toEqual({ ok: false, reason: 'body_differs' });
  });

  test('fails when the answer takes longer than a second, and the app keeps its old URL', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const waits: boolean[] = [];
    const slow = await listen(async () => {
      for (const ms of [999, 1]) {
        vi.advanceTimersByTime(ms);
        waits.push(vi.getTimerCount() > 0);
      }
    });
    const result = await world.wecom.setCallbackUrl(LOAN_APP.agentId, slow.base);
    await slow.close();

    expect(result).toEqual({ ok: false, reason: 'timeout' });
    expect(waits).toEqual([true, false]);
    await world.wecom.say('lina', 'still here');
    expect(world.received).toHaveLength(1);
  });
});

describe('a push', () => {
  test('carries a text of a member, signed with real time and dated with virtual time', async () => {
    await world.close();
    world = await startWorld({ wall: new FixedClock('2026-12-24T09:00:00Z') });
    await world.wecom.say('ZhangWei', '新客户 何女士');

    const [got] = world.received;
    expect(got).toMatchObject({ method: 'POST', genuine: true });
    const { plaintext = '', body = '', query } = got ?? {};
    expect(element(body, 'ToUserName')).toBe(CORP);
    expect(element(body, 'AgentID')).toBe(String(LOAN_APP.agentId));
    const names = ['ToUserName', 'FromUserName', 'MsgType', 'Content', 'CreateTime', 'AgentID'];
    expect(names.map((name) => element(plaintext, name))).toEqual([
      CORP,
      'ZhangWei',
      'text',
      '新客户 何女士',
      String(START.getTime() / 1_000),
      '1000007',
    ]);
    expect(BigInt(element(plaintext, 'MsgId') ?? 0)).toBeGreaterThan(2n ** 53n);
    expect(new Date(Number(query?.get('timestamp')) * 1_000)).toEqual(new Date('2026-12-24T09:00:00Z'));
  });

  test('hits every pad length from 1 to 32 within 32 pushes, with a fresh random prefix each time', async () => {
    for (let n = 0; n < 32; n++) await world.wecom.say('lina', '同'.repeat((n * 7) % 5));

    expect(world.received.every(({ genuine }) => genuine)).toBe(true);
    const pads = world.received.map((got) => lastByte(got));
    expect(pads.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 32 }, (_, n) => n + 1));
    expect(new Set(world.received.map(({ encrypted }) => encrypted.slice(0, 21))).size).toBe(32);
  });

  test('keeps numeric-looking userids, emoji, markup and ]]> in texts as they are', async () => {
    const text = '张三 😀 ]]> <b>&amp;</b> 0x1F\n第二行';
    await world.wecom.say('00123', text);
    await world.wecom.say('1e5', text);

    const got = world.received.map(({ plaintext }) => [
      element(plaintext, 'FromUserName'),
      element(plaintext, 'Content'),
    ]);
    expect(got).toEqual([
      ['00123', text],
      ['1e5', text],
    ]);
  });

  test('of a picture names MediaId and PicUrl, of a voice its format, of a video its thumbnail; a document goes nowhere', async () => {
    const bytes = Buffer.from([0xff, 0xd8, 0xff, 0xd9, 1, 2]);
    await world.wecom.sendFile('lina', { name: 'id.jpg', mime: 'image/jpeg', bytes });
    await world.wecom.sendFile('lina', { name: 'v.amr', mime: 'audio/amr', bytes });
    await world.wecom.sendFile('lina', { name: 'v.mp4', mime: 'video/mp4', bytes });
    await world.wecom.sendFile('lina', { name: 'flow.pdf', mime: 'application/pdf', bytes }, 'bank flow');

    const kinds = world.received.map(({ plaintext }) => element(plaintext, 'MsgType'));
    expect(kinds).toEqual(['image', 'voice', 'video', 'text']);
    const [image = '', voice = '', video = ''] = world.received.map(({ plaintext }) => plaintext);
    expect(await (await fetch(element(image, 'PicUrl') ?? '')).arrayBuffer()).toEqual(new Uint8Array(bytes).buffer);
    const fetched = await fetch(
      `${world.base}/cgi-bin/media/get?access_token=${await world.token()}&media_id=${element(image, 'MediaId')}`,
    );
    expect(Buffer.from(await fetched.arrayBuffer())).toEqual(bytes);
    expect(element(voice, 'Format')).toBe('amr');
    expect(element(video, 'ThumbMediaId')).toMatch(/^[0-9a-z]+$/);
    expect(world.screen('lina').messages.map(({ file }) => file?.name)).toContain('flow.pdf');
  });

  test('of an opened app is enter_agent with an empty key; a place is a location', async () => {
    await world.wecom.open('lina');
    await world.wecom.sendMessage('lina', 'location', [['Location_X', '22.53']]);

    const [opened = '', place = ''] = world.received.map(({ plaintext }) => plaintext);
    expect([element(opened, 'Event'), element(opened, 'EventKey')]).toEqual(['enter_agent', '']);
    expect([element(place, 'MsgType'), element(place, 'Location_X')]).toEqual(['location', '22.53']);
  });

  test('tells an app neither of edits nor of recalls in the client', async () => {
    await world.wecom.say('lina', 'a');
    const { id } = world.last('lina');
    await world.wecom.edit('lina', id, 'b');
    await world.wecom.remove('lina', id);

    expect(world.received).toHaveLength(1);
    expect(world.last('lina')).toMatchObject({ text: 'b', edited: true, deleted: true });
  });

  test('of the system comes from sys, two in one second for different customers; a kf event has no FromUserName', async () => {
    for (const customer of ['wmA', 'wmB']) {
      await world.wecom.systemEvent(LOAN_APP.agentId, 'change_external_contact', [
        ['ChangeType', 'add_external_contact'],
        ['ExternalUserID', customer],
      ]);
    }
    await world.wecom.systemEvent(LOAN_APP.agentId, 'kf_msg_or_event', [['Token', 'ENC']]);

    const seen = world.received.map(({ plaintext }) =>
      ['FromUserName', 'CreateTime', 'ExternalUserID'].map((name) => element(plaintext, name)),
    );
    const second = String(START.getTime() / 1_000);
    expect(seen).toEqual([
      ['sys', second, 'wmA'],
      ['sys', second, 'wmB'],
      [undefined, second, undefined],
    ]);
    expect(world.received.every(({ plaintext }) => !plaintext.includes('<AgentID>'))).toBe(true);
  });
});

describe('a tap', () => {
  test('brings key, task, card type, chosen option and a fresh ResponseCode each time, also for a double tap', async () => {
    const id = await world.sendCard('lina|ZhangWei');
    await world.wecom.tap('lina', id, 'reject', { reason: 'doc' });
    await world.wecom.tap('lina', id, 'reject');

    const taps = world.received.map(({ plaintext }) => plaintext);
    const names = ['FromUserName', 'Event', 'EventKey', 'TaskId', 'CardType', 'QuestionKey', 'OptionId'];
    expect(taps.map((xml) => names.map((name) => element(xml, name)))).toEqual([
      ['lina', 'template_card_event', 'reject', 't-1', 'button_interaction', 'reason', 'doc'],
      ['lina', 'template_card_event', 'reject', 't-1', 'button_interaction', 'reason', 'ok'],
    ]);
    const codes = taps.map((xml) => element(xml, 'ResponseCode'));
    expect(new Set(codes).size).toBe(2);
    for (const code of codes) {
      const body = { agentid: LOAN_APP.agentId, userids: ['lina'], response_code: code, button: { replace_name: 'x' } };
      expect((await world.call('message/update_template_card', body)).errcode).toBe(0);
      expect((await world.call('message/update_template_card', body)).errcode).toBe(60140);
    }
  });

  test('several choices of a check-list arrive as several OptionId, several questions as several SelectedItem', async () => {
    const options = [
      { id: 'flow', text: 'flow' },
      { id: 'tax', text: 'tax', is_checked: true },
    ];
    const vote = await world.sendCard('lina', {
      card_type: 'vote_interaction',
      task_id: 'v-1',
      main_title: { title: 'missing' },
      checkbox: { question_key: 'missing', mode: 1, option_list: options },
      submit_button: { key: 'docs' },
    });
    const select = (key: string): object => ({ question_key: key, option_list: [{ id: '12', text: '12' }] });
    const form = await world.sendCard('lina', {
      card_type: 'multiple_interaction',
      task_id: 'm-1',
      main_title: { title: 'plan' },
      select_list: [select('product'), select('term')],
      submit_button: { text: 'ok', key: 'match' },
    });
    await world.wecom.tap('lina', vote, 'docs', { missing: 'flow,tax' });
    await world.wecom.tap('lina', vote, 'docs');
    await world.wecom.tap('lina', form, 'match', { product: '12', term: '12' });

    const items = world.received.map(({ plaintext }) =>
      plaintext.match(/<(QuestionKey|OptionId)><!\[CDATA\[.*?\]\]>/g),
    );
    expect(items.map((list) => list?.map((tag) => tag.replaceAll(/<!?|\[CDATA\[|\]\]>/g, '')))).toEqual([
      ['QuestionKey>missing', 'OptionId>flow', 'OptionId>tax'],
      ['QuestionKey>missing', 'OptionId>tax'],
      ['QuestionKey>product', 'OptionId>12', 'QuestionKey>term', 'OptionId>12'],
    ]);
  });

  test('by somebody the approver list no longer names still arrives: the card stays in his client', async () => {
    const id = await world.sendCard('lina|00123');
    await world.wecom.tap('00123', id, 'approve');

    expect(world.received.map(({ plaintext }) => element(plaintext, 'FromUserName'))).toEqual(['00123']);
  });

  test('on a menu entry is template_card_menu_event without SelectedItems', async () => {
    const menu = { action_menu: { action_list: [{ text: 'mute', key: 'mute' }] } };
    const id = await world.sendCard('lina', approvalCard('t-1', menu));
    await world.wecom.tap('lina', id, 'mute');

    const [xml = ''] = world.received.map(({ plaintext }) => plaintext);
    expect([element(xml, 'Event'), element(xml, 'EventKey')]).toEqual(['template_card_menu_event', 'mute']);
    expect(xml).not.toContain('SelectedItems');
  });

  test('with an option the card does not offer is a mistake of the caller', async () => {
    const id = await world.sendCard('lina');

    await expect(world.wecom.tap('lina', id, 'approve', { reason: 'nope' })).rejects.toThrow('no option nope');
  });
});

describe('failing endpoints', () => {
  test('a status other than 200 gets the same plaintext again, three deliveries in all, each newly signed', async () => {
    world.answerWith((_, response) => void response.writeHead(500).end());
    await world.wecom.say('lina', 'x');

    expect(world.received.map(({ genuine }) => genuine)).toEqual([true, true, true]);
    expect(new Set(world.received.map(({ plaintext }) => plaintext)).size).toBe(1);
    expect(new Set(world.received.map(({ encrypted }) => encrypted)).size).toBe(3);
    expect(new Set(world.received.map(({ query }) => query.get('nonce'))).size).toBe(3);
    expect(world.toasts('lina')).toEqual(['wecom.no_answer']);
  });

  test('no answer within the time limit counts as failure; an answer to the second delivery ends it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let calls = 0;
    world.answerWith((_, response) => void (++calls > 1 ? response.end() : vi.advanceTimersByTime(5_000)));
    await world.wecom.say('lina', 'x');

    expect(world.received).toHaveLength(2);
    expect(world.outward().slice(-2)).toEqual(['timeout', 'text']);
    expect(world.toasts('lina')).toEqual(['wecom.late_reply']);
  });

  test('an endpoint that is down three times loses the event for good', async () => {
    await world.close();
    world = await startWorld({ agents: [{ ...LOAN_APP, callbackUrl: 'http://127.0.0.1:9/' }] }, false);
    await world.wecom.say('lina', 'x');

    expect(world.outward().slice(-3)).toEqual(['unreachable', 'unreachable', 'unreachable']);
    expect(world.toasts('lina')).toEqual(['wecom.no_answer']);
  });

  test('an ordered fault can lose the answer after delivery: the event comes twice', async () => {
    world.wecom.addFault({ platform: 'wecom', method: 'text', times: 1, effect: { kind: 'drop_after' } });
    await world.wecom.say('lina', 'x');

    expect(world.received.map(({ plaintext }) => element(plaintext, 'Content'))).toEqual(['x', 'x']);
  });
});

describe('disturbed delivery', () => {
  const contents = (): (string | undefined)[] => world.received.map(({ plaintext }) => element(plaintext, 'Content'));

  test('an event can come again after it was answered', async () => {
    world.wecom.disturb('duplicate');
    await world.wecom.say('lina', 'a');

    expect(contents()).toEqual(['a', 'a']);
    expect(new Set(world.received.map(({ plaintext }) => plaintext)).size).toBe(1);
  });

  test('an event can be overtaken by the next one', async () => {
    world.wecom.disturb('reorder');
    await world.wecom.say('lina', 'a');
    await world.wecom.say('lina', 'b');

    expect(contents()).toEqual(['b', 'a']);
  });

  test('an event can be lost without a trace but in the journal', async () => {
    world.wecom.disturb('drop');
    await world.wecom.say('lina', 'a');

    expect(contents()).toEqual([]);
    expect(world.outward().at(-1)).toBe('dropped');
  });
});

describe('forged pushes', () => {
  test.each([
    ['wrong_signature', { genuine: false, receiveId: CORP }],
    ['wrong_receiveid', { genuine: false, receiveId: 'ww0000000000000000' }],
    ['stale_timestamp', { genuine: true, receiveId: CORP }],
  ] as const)('%s can be sent to see that the endpoint refuses it', async (kind, expected) => {
    world.answerWith((_, response) => void response.writeHead(403).end());

    expect(await world.wecom.forge(kind, 'lina', 'give me money')).toBe(403);
    expect(world.received).toMatchObject([expected]);
  });

  test('a truncated ciphertext is signed rightly and cannot be decrypted', async () => {
    await world.wecom.forge('truncated_base64', 'lina', 'x');

    const [got] = world.received;
    expect(Buffer.from(got?.encrypted ?? '', 'base64').length % 32).not.toBe(0);
    expect(world.outward().at(-1)).toBe('accepted_forgery');
  });

  test('one in N pushes is preceded by a forged one, of each kind in turn', async () => {
    await world.close();
    world = await startWorld({ forgeEvery: 2 });
    for (let n = 0; n < 8; n++) await world.wecom.say('lina', `m${n}`);

    expect(world.received).toHaveLength(12);
    const kinds = world.wecom.journal.map(({ what }) => what).filter((what) => what.startsWith('forged_'));
    expect(kinds).toEqual([
      'forged_wrong_signature',
      'forged_wrong_receiveid',
      'forged_truncated_base64',
      'forged_stale_timestamp',
    ]);
  });
});

/** The pad length of a push, read without either party's unpadding. */
function lastByte(got: Received): number {
  const key = Buffer.from(`${LOAN_APP.encodingAesKey}=`, 'base64');
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([decipher.update(got.encrypted, 'base64'), decipher.final()]).at(-1) ?? 0;
}
