import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  approvalCard,
  cardMessage,
  CORP,
  LOAN_APP,
  MEMBERS,
  REPORT_APP,
  startWorld,
  type World,
} from './sandbox-wecom-world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld({
    tags: [{ id: 5, name: 'reviewers', members: ['lina'] }],
    departments: [{ id: 2, name: 'sales', parentId: 1, members: ['ZhangWei', 'lina'] }],
  });
});
afterEach(() => world.close());

const text = (touser: string, content = 'hello'): object => ({ touser, msgtype: 'text', text: { content } });
const shown = (personId: string): string[] => world.screen(personId).messages.map(({ text }) => text);

describe('recipients', () => {
  test('partly bad recipients are named lower-cased in invaliduser and the rest gets the message', async () => {
    const sent = await world.send(text('LINA|Nobody|GHOST'));

    expect(sent).toMatchObject({ errcode: 0, invaliduser: 'nobody|ghost' });
    expect(shown('lina')).toEqual(['hello']);
  });

  test('parties and tags reach their members once, unknown ones are named', async () => {
    const sent = await world.send({ ...text('lina'), toparty: '2|99', totag: '5|77' });

    expect(sent).toMatchObject({ errcode: 0, invalidparty: '99', invalidtag: '77' });
    expect([shown('lina'), shown('ZhangWei'), shown('00123')]).toEqual([['hello'], ['hello'], []]);
  });

  test('@all is everybody the app may see', async () => {
    await world.send(text('@all'));

    expect(MEMBERS.map(({ id }) => shown(id))).toEqual(MEMBERS.map(() => ['hello']));
  });

  test('only bad recipients are 81013, also somebody who has left the corp', async () => {
    world.wecom.removePerson('lina');

    expect((await world.send(text('nobody|lina'))).errcode).toBe(81013);
  });

  test.each<[string, object, number]>([
    ['no recipient at all', { touser: '', toparty: '' }, 82001],
    ['1001 members', { touser: Array.from({ length: 1_001 }, (_, n) => `u${n}`).join('|') }, 40032],
    ['101 parties', { toparty: Array.from({ length: 101 }, (_, n) => n).join('|') }, 82002],
    ['101 tags', { totag: Array.from({ length: 101 }, (_, n) => n).join('|') }, 82003],
  ])('%s is refused', async (_, fields, errcode) => {
    expect((await world.send({ msgtype: 'text', text: { content: 'x' }, ...fields })).errcode).toBe(errcode);
  });

  test('touser as a list instead of a string is 40035', async () => {
    expect((await world.send({ msgtype: 'text', text: { content: 'x' }, touser: ['lina'] })).errcode).toBe(40035);
  });
});

describe('silent drop', () => {
  test('the 31st message to a member within a minute is answered ok and shown nowhere', async () => {
    const answers: number[] = [];
    for (let n = 1; n <= 31; n++) answers.push((await world.send(text('lina', `m${n}`))).errcode);
    await world.send(text('ZhangWei', 'somebody else'));

    expect(new Set(answers)).toEqual(new Set([0]));
    expect(shown('lina')).toHaveLength(30);
    expect(shown('lina').at(-1)).toBe('m30');
    expect(shown('ZhangWei')).toEqual(['somebody else']);

    await world.later(61);
    await world.send(text('lina', 'a minute later'));
    expect(shown('lina').at(-1)).toBe('a minute later');
  });

  test('the 1001st message to a member within an hour is shown nowhere even at a slow pace', async () => {
    let inbox = 0;
    for (let n = 1; n <= 1_001; n++) {
      if (n % 25 === 1 && n > 1) await world.later(61);
      await world.send(text('lina', `m${n}`));
      if (world.last('lina').text === `m${n}`) inbox++;
    }

    expect(inbox).toBe(1_000);
  }, 60_000);
});

describe('duplicate check', () => {
  test('an identical message inside the interval is answered ok and not shown again, whatever the order of its members', async () => {
    const checked = { enable_duplicate_check: 1, duplicate_check_interval: 600 };
    const first = await world.send({ ...text('lina'), ...checked });
    const again = await world.send({ ...checked, ...text('lina') });
    await world.send({ ...text('lina', 'other words'), ...checked });

    expect(again).toMatchObject({ errcode: 0, msgid: first['msgid'] });
    expect(shown('lina')).toEqual(['hello', 'other words']);

    await world.later(600);
    await world.send({ ...text('lina'), ...checked });
    expect(shown('lina')).toEqual(['hello', 'other words', 'hello']);
  });

  test('counts for half an hour when no interval is given, and for four hours at most', async () => {
    const usual = { ...text('lina', 'usual'), enable_duplicate_check: 1 };
    const long = { ...text('lina', 'long'), enable_duplicate_check: 1, duplicate_check_interval: 86_400 };
    const counts = (): number[] => ['usual', 'long'].map((word) => shown('lina').filter((one) => one === word).length);
    const both = async (): Promise<number[]> => {
      await world.send(usual);
      await world.send(long);
      return counts();
    };

    expect(await both()).toEqual([1, 1]);
    await world.later(1_799);
    expect(await both()).toEqual([1, 1]);
    await world.later(1);
    expect(await both()).toEqual([2, 1]);
    await world.later(4 * 3_600 - 1_801);
    await world.send(long);
    expect(counts()).toEqual([2, 1]);
    await world.later(1);
    await world.send(long);
    expect(counts()).toEqual([2, 2]);
  });

  test('without the check the same message is shown twice', async () => {
    await world.send(text('lina'));
    await world.send(text('lina'));

    expect(shown('lina')).toEqual(['hello', 'hello']);
  });

  test('a card repeated under the check is one card, and the repeat brings no response_code', async () => {
    const message = { ...cardMessage('lina', approvalCard('t-1')), enable_duplicate_check: 1 };
    const first = await world.send(message);
    const again = await world.send(message);

    expect(first['response_code']).toEqual(expect.any(String));
    expect(again).toEqual({ errcode: 0, errmsg: 'ok', msgid: first['msgid'] });
    expect(world.screen('lina').messages).toHaveLength(1);
  });
});

describe('limits in bytes', () => {
  test('a text is cut after 2048 UTF-8 bytes, in the middle of a character if need be', async () => {
    await world.send(text('lina', '贷'.repeat(700)));

    const got = shown('lina')[0] ?? '';
    expect(got.replace('\uFFFD', '')).toBe('贷'.repeat(682));
    expect(got).toHaveLength(683);

    const whole = `${'贷'.repeat(682)}ab`;
    await world.send(text('lina', whole));
    await world.send(text('lina', `${whole}c`));
    expect(shown('lina').slice(1)).toEqual([whole, whole]);
  });

  const textcard = { title: 'a', description: 'b', url: 'https://app.example.com/' };
  test.each<[string, object, number]>([
    ['markdown of 2049 bytes', { msgtype: 'markdown', markdown: { content: `${'贷'.repeat(682)}abc` } }, 45002],
    ['markdown of 2048 bytes', { msgtype: 'markdown', markdown: { content: `${'贷'.repeat(682)}ab` } }, 0],
    ['a title of 129 bytes', { msgtype: 'textcard', textcard: { ...textcard, title: '贷'.repeat(43) } }, 45002],
    ['a title of 128 bytes', { msgtype: 'textcard', textcard: { ...textcard, title: `${'贷'.repeat(42)}ab` } }, 0],
    [
      'a description of 513 bytes',
      { msgtype: 'textcard', textcard: { ...textcard, description: '贷'.repeat(171) } },
      45002,
    ],
    [
      'a description of 512 bytes',
      { msgtype: 'textcard', textcard: { ...textcard, description: `${'贷'.repeat(170)}ab` } },
      0,
    ],
    [
      'a link of 2048 bytes',
      { msgtype: 'textcard', textcard: { ...textcard, url: `https://${'a'.repeat(2_040)}` } },
      0,
    ],
    [
      'a link of 2049 bytes',
      { msgtype: 'textcard', textcard: { ...textcard, url: `https://${'a'.repeat(2_041)}` } },
      40039,
    ],
    [
      'nine articles',
      { msgtype: 'news', news: { articles: Array.from({ length: 9 }, () => ({ title: 'a', url: 'https://a' })) } },
      45008,
    ],
    ['an article without a link', { msgtype: 'news', news: { articles: [{ title: 'a' }] } }, 40063],
    ['an empty text', { msgtype: 'text', text: { content: '' } }, 44004],
    ['an unknown msgtype', { msgtype: 'fax', fax: {} }, 40008],
    ['a file that was never uploaded', { msgtype: 'file', file: { media_id: 'nope' } }, 40007],
  ])('%s', async (_, message, errcode) => {
    expect((await world.send({ touser: 'lina', ...message })).errcode).toBe(errcode);
  });

  test('unescaped tags vanish on the phone, escaped ones show, a link shows its address', async () => {
    await world.send(text('lina', '<div>李女士 &lt;vip&gt; <a href="https://app.example.com/u?a=1">上传</a>'));

    expect(shown('lina')).toEqual(['李女士 <vip> 上传 https://app.example.com/u?a=1']);
  });
});

describe('response_code', () => {
  const update = (code: unknown, more: object, app = LOAN_APP): ReturnType<World['call']> =>
    world.call('message/update_template_card', { agentid: app.agentId, response_code: code, ...more }, app);
  const lock = { button: { replace_name: 'done' } };
  const buttons = (personId: string): unknown => world.last(personId).card?.buttons;

  test('comes for cards that call back and for notices with a menu, not for plain notices and texts', async () => {
    const notice = {
      card_type: 'text_notice',
      main_title: { title: 'due' },
      card_action: { type: 1, url: 'https://app.example.com' },
    };
    const menu = { task_id: 'n-1', action_menu: { action_list: [{ text: 'mute', key: 'mute' }] } };

    const answers = await Promise.all([
      world.send(cardMessage('lina', approvalCard('t-1'))),
      world.send(cardMessage('lina', { ...notice, ...menu })),
      world.send(cardMessage('lina', notice)),
      world.send(text('lina')),
    ]);

    expect(answers.map((answer) => typeof answer['response_code'])).toEqual([
      'string',
      'string',
      'undefined',
      'undefined',
    ]);
  });

  test('works once: the second update with it is 60140', async () => {
    const { response_code: code } = await world.send(cardMessage('lina', approvalCard('t-1')));

    expect(await update(code, { userids: ['lina'], ...lock })).toMatchObject({ errcode: 0, invaliduser: [] });
    expect(buttons('lina')).toEqual([{ key: '', text: 'done', disabled: true }]);
    expect((await update(code, { userids: ['lina'], ...lock })).errcode).toBe(60140);
    expect((await update('unknown', { userids: ['lina'], ...lock })).errcode).toBe(60140);
  });

  test('is good for 72 hours', async () => {
    const one = await world.send(cardMessage('lina', approvalCard('t-1')));
    const two = await world.send(cardMessage('lina', approvalCard('t-2')));

    await world.later(72 * 3_600 - 1);
    expect((await update(one['response_code'], { atall: 1, ...lock })).errcode).toBe(0);
    await world.later(1);
    expect((await update(two['response_code'], { atall: 1, ...lock })).errcode).toBe(60140);
  });

  test('of another app is 42015 and stays good', async () => {
    const { response_code: code } = await world.send(cardMessage('lina', approvalCard('t-1')));

    expect((await update(code, { atall: 1, ...lock }, REPORT_APP)).errcode).toBe(42015);
    expect((await update(code, { atall: 1, ...lock })).errcode).toBe(0);
  });

  test('an update changes the addressed recipients only and names those who never got the card', async () => {
    const { response_code: code } = await world.send(cardMessage('lina|ZhangWei', approvalCard('t-1')));

    const updated = await update(code, { userids: ['zhangwei', '00123', 'ghost'], ...lock });

    expect(updated).toMatchObject({ errcode: 0, invaliduser: ['ghost', '00123'] });
    expect(buttons('ZhangWei')).toEqual([{ key: '', text: 'done', disabled: true }]);
    expect(buttons('lina')).toMatchObject([{ key: 'approve' }, { key: 'reject' }]);
  });

  test('an update that addresses nobody, or only strangers, is refused and leaves the code good', async () => {
    const { response_code: code } = await world.send(cardMessage('lina', approvalCard('t-1')));

    expect((await update(code, lock)).errcode).toBe(82001);
    expect((await update(code, { userids: ['ZhangWei'], ...lock })).errcode).toBe(81013);
    expect((await update(code, { userids: ['lina'], ...lock, agentid: 1 })).errcode).toBe(301002);
    expect((await update(code, { userids: ['lina'], ...lock })).errcode).toBe(0);
  });

  test('replace_name is refused for a notice card', async () => {
    const notice = {
      card_type: 'text_notice',
      task_id: 'n-1',
      main_title: { title: 'due' },
      card_action: { type: 1, url: 'https://app.example.com' },
      action_menu: { action_list: [{ text: 'mute', key: 'mute' }] },
    };
    const { response_code: code } = await world.send(cardMessage('lina', notice));

    expect((await update(code, { atall: 1, ...lock })).errcode).toBe(40058);
  });

  test('a whole new card replaces the old one; with replace_text its buttons are dead', async () => {
    const { response_code: code } = await world.send(cardMessage('lina', approvalCard('t-1')));

    const card = approvalCard('t-1', { main_title: { title: 'LN-0007 passed' }, replace_text: 'passed' });
    expect((await update(code, { userids: ['lina'], template_card: card })).errcode).toBe(0);
    const { id, card: drawn } = world.last('lina');
    expect(drawn).toMatchObject({ title: 'LN-0007 passed', buttons: [{ text: 'passed', disabled: true }] });

    await world.wecom.tap('lina', id, 'approve');
    expect(world.received).toEqual([]);
  });

  test('a check-list whose question is disabled can no longer be submitted', async () => {
    const vote = (disable: boolean): object => ({
      card_type: 'vote_interaction',
      task_id: 'v-1',
      main_title: { title: 'missing' },
      checkbox: { question_key: 'missing', mode: 1, option_list: [{ id: 'flow', text: 'flow' }], disable },
      submit_button: { text: 'submit', key: 'docs' },
    });
    const { response_code: code } = await world.send(cardMessage('lina', vote(false)));
    await update(code, { atall: 1, template_card: vote(true) });

    await world.wecom.tap('lina', world.last('lina').id, 'docs');

    expect(buttons('lina')).toEqual([{ key: 'docs', text: 'submit', style: '1', disabled: true }]);
    expect(world.received).toEqual([]);
  });

  test('replace_text and disable in a first send are ignored and listed in the journal', async () => {
    await world.send(cardMessage('lina', approvalCard('t-1', { replace_text: 'dead' })));

    expect(buttons('lina')).toMatchObject([{ key: 'approve' }, { key: 'reject' }]);
    expect(world.wecom.journal.at(-1)?.unknownFields).toEqual(['template_card.replace_text']);
  });
});

describe('cards', () => {
  test('a card whose buttons call back needs a callback URL: 43012', async () => {
    const card = cardMessage('lina', approvalCard('t-1'));

    expect((await world.send(card, REPORT_APP)).errcode).toBe(43012);
    expect((await world.send(card)).errcode).toBe(0);
  });

  test('a task_id is never used twice within an app, but another app may have it', async () => {
    const second = await startWorld({ agents: [LOAN_APP, { ...REPORT_APP, callbackUrl: world.callbackUrl }] });
    const card = cardMessage('lina', approvalCard('t-1'));

    expect((await second.send(card)).errcode).toBe(0);
    expect((await second.send(card)).errcode).toBe(42014);
    expect((await second.send(card, REPORT_APP)).errcode).toBe(0);
    await second.close();
  });

  test('more person-times a day than accounts × 200 are 45009 until midnight in China', async () => {
    const small = await startWorld({ accountCap: 0.02 }); // 4 person-times
    const answers = [await small.send(text('@all')), await small.send(text('lina'))];
    await small.later(15 * 3_600 - 1); // START is 09:00 there
    answers.push(await small.send(text('lina')));
    await small.later(1);
    answers.push(await small.send(text('lina')));
    await small.close();

    expect(answers.map(({ errcode }) => errcode)).toEqual([0, 45009, 45009, 0]);
  });
});

describe('recall', () => {
  test('takes a message back from every phone within 24 hours, not later', async () => {
    const one = await world.send(text('lina|ZhangWei', 'one'));
    const two = await world.send(text('lina', 'two'));
    const three = await world.send(text('lina', 'three'));

    expect((await world.call('message/recall', { msgid: one['msgid'] })).errcode).toBe(0);
    expect(world.screen('ZhangWei').messages).toMatchObject([{ text: 'one', deleted: true }]);
    await world.later(86_399);
    expect((await world.call('message/recall', { msgid: two['msgid'] })).errcode).toBe(0);
    await world.later(1);
    expect((await world.call('message/recall', { msgid: three['msgid'] })).errcode).not.toBe(0);
    expect(world.last('lina')).not.toHaveProperty('deleted');
  });

  test('a recalled card can no longer be pressed', async () => {
    const { msgid } = await world.send(cardMessage('lina', approvalCard('t-1')));
    await world.call('message/recall', { msgid });

    await world.wecom.tap('lina', String(msgid), 'approve');

    expect(world.received).toEqual([]);
  });
});

describe('faults on order', () => {
  test('a send whose connection dies after it took effect is on the phone although no answer came', async () => {
    await world.token();
    world.wecom.addFault({ platform: 'wecom', method: 'message/send', times: 1, effect: { kind: 'drop_after' } });

    await expect(world.send(text('lina'))).rejects.toThrow();
    expect(shown('lina')).toEqual(['hello']);
    expect(world.wecom.journal.at(-1)).toMatchObject({ what: 'message/send', status: 0, error: 'fault_drop_after' });
  });

  test('an ordered error code is answered like the real one and nothing is shown', async () => {
    world.wecom.addFault({
      platform: 'wecom',
      method: 'message/send',
      times: 1,
      effect: { kind: 'error', code: '-1' },
    });

    expect((await world.send(text('lina'))).errcode).toBe(-1);
    expect(shown('lina')).toEqual([]);
    expect((await world.send(text('lina'))).errcode).toBe(0);
  });
});

describe('group chats', () => {
  const users = ['ZhangWei', 'lina'];

  test('only an app that sees the root department may have groups, and only its own', async () => {
    const split = await startWorld({
      agents: [LOAN_APP, { ...REPORT_APP, visible: ['lina'] }, { ...REPORT_APP, agentId: 3, secret: 'third' }],
    });
    const third = { ...REPORT_APP, agentId: 3, secret: 'third' };
    const message = { chatid: 'G1', msgtype: 'text', text: { content: 'x' } };

    expect((await split.call('appchat/create', { userlist: users }, REPORT_APP)).errcode).toBe(48002);
    expect((await split.call('appchat/create', { name: 'g', userlist: users, chatid: 'G1' })).errcode).toBe(0);
    expect((await split.call('appchat/create', { userlist: users, chatid: 'G1' })).errcode).toBe(86215);
    expect((await split.call('appchat/create', { userlist: ['lina', 'ghost'] })).errcode).toBe(86216);
    expect((await split.call('appchat/send', message, third)).errcode).toBe(86008);
    expect((await split.call('appchat/send', { ...message, chatid: 'nope' })).errcode).toBe(40050);
    await split.close();
  });

  test('a group message reaches its present members; a template card is 40008', async () => {
    await world.call('appchat/create', { name: 'g', userlist: users, chatid: 'G1' });
    await world.call('appchat/update', { chatid: 'G1', add_user_list: ['00123'], del_user_list: ['lina'] });

    const sent = await world.call('appchat/send', { chatid: 'G1', msgtype: 'text', text: { content: 'kpi' } });

    expect(sent.errcode).toBe(0);
    expect([shown('ZhangWei'), shown('lina'), shown('00123')]).toEqual([['kpi'], [], ['kpi']]);
    const card = { chatid: 'G1', msgtype: 'template_card', template_card: approvalCard('t-1') };
    expect((await world.call('appchat/send', card)).errcode).toBe(40008);
    expect(await world.call('appchat/get?chatid=G1')).toMatchObject({ chat_info: { userlist: ['ZhangWei', '00123'] } });
  });
});

describe('group robot', () => {
  const KEY = '693a91f6-7xxx';
  const image = (md5: string): object => ({ msgtype: 'image', image: { base64: 'aGVsbG8=', md5 } });
  const robot = async (body: object, key = KEY): Promise<number> => {
    const url = `${world.base}/cgi-bin/webhook/send?key=${key}`;
    const answer = (await (await fetch(url, { method: 'POST', body: JSON.stringify(body) })).json()) as {
      errcode: number;
    };
    return answer.errcode;
  };
  beforeEach(async () => {
    await world.close();
    world = await startWorld({ robots: [KEY] });
  });

  test('the 21st message in a minute is 45009, a dead key is 93000', async () => {
    const codes: number[] = [];
    for (let n = 0; n < 21; n++) codes.push(await robot({ msgtype: 'text', text: { content: `m${n}` } }));

    expect(codes).toEqual([...Array<number>(20).fill(0), 45009]);
    expect(world.wecom.robotMessages(KEY)).toHaveLength(20);
    expect(await robot({ msgtype: 'text', text: { content: 'x' } }, 'dead')).toBe(93000);
  });

  const notice = {
    card_type: 'text_notice',
    main_title: { title: 'kpi' },
    card_action: { type: 1, url: 'https://app.example.com' },
  };
  test.each<[string, object, number]>([
    ['an image with the md5 of its raw bytes', image('5d41402abc4b2a76b9719d911017c592'), 0],
    ['an image with another md5', image('00000000000000000000000000000000'), 301019],
    ['markdown of 4096 bytes', { msgtype: 'markdown', markdown: { content: 'a'.repeat(4_096) } }, 0],
    ['markdown of 4097 bytes', { msgtype: 'markdown', markdown: { content: 'a'.repeat(4_097) } }, 45002],
    ['a notice card', { msgtype: 'template_card', template_card: notice }, 0],
    ['a card with buttons', { msgtype: 'template_card', template_card: approvalCard('t-1') }, 42031],
  ])('%s', async (_, body, errcode) => {
    expect(await robot(body)).toBe(errcode);
  });

  test('the corp id is not needed for a robot and its calls stand in the journal', async () => {
    await robot({ msgtype: 'text', text: { content: 'x' } });

    expect(world.wecom.journal.at(-1)).toMatchObject({ what: 'webhook/send', status: 200 });
    expect(JSON.stringify(world.wecom.journal.at(-1))).not.toContain(CORP);
  });
});
