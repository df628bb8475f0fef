import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  ChannelError,
  type Happening,
  type OutboundContent,
  type OutboundIntent,
} from '../../../src/channels/channel.ts';
import { useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
const people: Partial<Record<'sales' | 'zhou' | 'qian', StaffActor>> = {};
let phone = 13_700_008_000;

beforeAll(async () => {
  people.sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  people.zhou = await company.addStaff('周敏', ['reviewer'], { slack: 'U0ZHOU' });
  people.qian = await company.addStaff('小钱', ['reviewer'], { slack: 'U0QIAN', telegram: '7101' });
  await company.addStaff('老吴', ['sales'], { slack: 'U0WU' });
});

beforeEach(() => {
  company.channels.slack.sent.length = 0;
  company.channels.telegram.sent.length = 0;
  company.channels.slack.onSend = async (intent) => ({ providerId: `p${intent.id}`, handle: { id: intent.id } });
});

type Press = Extract<Happening, { kind: 'action' }>;

interface Case {
  readonly number: string;
  /** The card of 周敏. */
  readonly cardId: string;
  /** Presses the card of this person. */
  press(who: string, verb: string, more?: Partial<Press>): Promise<void>;
  state(): Promise<string>;
}

async function newCase(): Promise<Case> {
  phone += 1;
  const sales = people.sales;
  if (!sales) throw new Error('nobody sells');
  const facts = { name: '何晓燕', phone: String(phone), amount: '120000.00', term: 12 };
  const lead = (await company.call(sales, 'lead.capture', { facts })) as { leadNumber: string };
  const { applicationNumber: number, applicationId } = (await company.call(sales, 'lead.submit', {
    lead: lead.leadNumber,
  })) as { applicationNumber: string; applicationId: string };
  await company.drain();
  const cards = await company.db.pool.query<{ id: string; external_id: string }>(
    `SELECT c.id, i.external_id FROM cards c JOIN identities i ON i.id = c.identity_id JOIN approvals a ON a.id = c.approval_id WHERE a.application_id = $1`,
    [applicationId],
  );
  const cardOf = (who: string): string =>
    (cards.rows.find((row) => row.external_id === who) ?? cards.rows[0])?.id ?? '';
  return {
    number,
    cardId: cardOf('U0ZHOU'),
    async press(who, verb, more) {
      const own = cardOf(who);
      const press: Press = { kind: 'action', cardId: own, revision: 1, verb, selected: {}, handle: {} };
      const opening = { handle: { user: who, channel: who, ts: '1.1', trigger: 't1' }, canOpenForm: true } as const;
      const tap: Press = { ...press, ...(more ?? opening) };
      await hear(who, tap);
    },
    async state() {
      const { rows } = await company.db.pool.query<{ state: string }>(
        'SELECT state FROM approvals WHERE application_id = $1',
        [applicationId],
      );
      return rows[0]?.state ?? '';
    },
  };
}

async function hear(who: string, happening: Happening): Promise<void> {
  await company.receive(company.channels.slack, who, happening);
  await company.drain();
}

async function say(who: string, text: string): Promise<void> {
  await company.say(company.channels.slack, who, text);
  await company.drain();
}

function sentTo(who: string): readonly OutboundContent[] {
  return company.channels.slack.sent.filter(({ to }) => to.chat === who).map(({ content }) => content);
}

function formsTo(who: string): readonly string[] {
  return sentTo(who).flatMap((content) => (content.kind === 'tap_answer' && content.form ? [content.form.title] : []));
}

function wordsTo(who: string): readonly string[] {
  return sentTo(who).flatMap((content) =>
    content.kind === 'text' || (content.kind === 'tap_answer' && !content.form) ? [content.text] : [],
  );
}

/** What a form that was sent in looks like: the same press with answers, and nothing to open another form with. */
const sentIn = (selected: Readonly<Record<string, string>>, who: string): Partial<Press> => ({
  selected,
  handle: { user: who, channel: who, ts: '1.1' },
});

function refuseForms(error: ChannelError): void {
  company.channels.slack.onSend = async (intent: OutboundIntent) => {
    if (intent.content.kind === 'tap_answer' && intent.content.form) throw error;
    return { providerId: `p${intent.id}`, handle: { id: intent.id } };
  };
}

describe('a decision that needs more, on a platform with forms', () => {
  test('asks for the reason in a form and nowhere else; the form decides, with its code', async () => {
    const one = await newCase();
    await one.press('U0ZHOU', 'reject');
    expect(formsTo('U0ZHOU')).toEqual([`拒绝 ${one.number}`]);
    expect(wordsTo('U0ZHOU')).toEqual([]);

    await one.press('U0ZHOU', 'reject', sentIn({ reason: 'R05' }, 'U0ZHOU'));

    expect(await one.state()).toBe('REJECTED');
    expect(await company.count(`approval_tasks WHERE reason_code = 'R05'`)).toBe(1);
    expect(wordsTo('U0ZHOU').at(-1)).toBe(`已拒绝 ${one.number}`);
    expect(company.channels.wecom.said('xiaolin').at(-1)).toContain(`${one.number} 未通过：负债比例偏高`);
  });

  test('closing the form leaves the case open: what is said next is no reason, and the next press works', async () => {
    const one = await newCase();
    await one.press('U0ZHOU', 'return');

    await say('U0ZHOU', '我的客户');
    expect(await one.state()).toBe('OPEN');

    await one.press('U0ZHOU', 'return');
    await one.press('U0ZHOU', 'return', sentIn({ words: '缺近三个月流水' }, 'U0ZHOU'));
    expect(await one.state()).toBe('RETURNED');
  });

  test('hands over to the colleague chosen in the form', async () => {
    const third = await company.addStaff('阿May', ['reviewer'], { slack: 'U0MAY' });
    const one = await newCase();
    // Everybody of the role sits on the case already: whoever joins later can take it.
    const late = await company.addStaff('梁总', ['reviewer'], { slack: 'U0LIANG' });

    await one.press('U0MAY', 'hand_over');
    const [form] = sentTo('U0MAY').flatMap((content) =>
      content.kind === 'tap_answer' && content.form ? [content.form] : [],
    );
    expect(form?.fields).toMatchObject([{ id: 'to', options: [{ id: '梁总' }] }]);
    await one.press('U0MAY', 'hand_over', sentIn({ to: '梁总' }, 'U0MAY'));

    expect(company.channels.slack.said('U0LIANG')).toContainEqual(expect.stringContaining(one.number));
    for (const { id } of [third, late])
      await company.db.pool.query('UPDATE staff SET is_active = false WHERE id = $1', [id]);
    await one.press('U0ZHOU', 'approve');
  });

  test('sent in twice decides once; a second form of the same card on another screen hears that it is decided', async () => {
    const one = await newCase();
    const { slack } = company.channels;
    const { cardId } = one;
    const handle = { user: 'U0ZHOU', channel: 'U0ZHOU' };
    const form: Press = {
      kind: 'action',
      cardId,
      revision: 1,
      verb: 'reject',
      selected: { words: '重复提交' },
      handle,
    };
    const delivery = slack.event('U0ZHOU', form, [`view_submission:V${one.number}:h`]);
    await Promise.all([company.door().receive([delivery]), company.door().receive([delivery])]);
    await company.drain();

    expect(await one.state()).toBe('REJECTED');
    expect(wordsTo('U0ZHOU')).toEqual([`已拒绝 ${one.number}`]);
    await one.press('U0ZHOU', 'reject', sentIn({ words: '另一台电脑' }, 'U0ZHOU'));
    expect(wordsTo('U0ZHOU').at(-1)).toMatch(/已经拒绝|已处理|这次没有改变结果/);
  });

  test('sent in by somebody who does not sit on the case changes nothing, and he hears so', async () => {
    const one = await newCase();
    await one.press('U0ZHOU', 'reject');

    await one.press('U0WU', 'reject', sentIn({ words: '我来拒绝' }, 'U0WU'));

    expect(await one.state()).toBe('OPEN');
    expect(wordsTo('U0WU')).toHaveLength(1);
    await one.press('U0ZHOU', 'approve');
  });

  test('sent in after somebody else has decided changes nothing; he hears what was decided and by whom', async () => {
    const one = await newCase();
    await one.press('U0ZHOU', 'reject');
    await one.press('U0QIAN', 'approve');

    await one.press('U0ZHOU', 'reject', sentIn({ words: '负债太高' }, 'U0ZHOU'));

    expect(await one.state()).toBe('APPROVED');
    expect(wordsTo('U0ZHOU').at(-1)).toMatch(/已经通过（小钱）|已由同事处理/);
  });
});

describe('a form that does not open', () => {
  test.each([
    ['a press too old', new ChannelError('our_fault', 'expired_trigger_id')],
    ['a platform in trouble', new ChannelError('our_fault', 'service_unavailable')],
  ])('because of %s: the chat asks, once, and the answer there decides', async (_, error) => {
    refuseForms(error);
    const one = await newCase();

    await one.press('U0ZHOU', 'reject');
    const asked = wordsTo('U0ZHOU').filter((text) => text.includes('请直接回复拒绝'));
    expect(new Set(asked)).toHaveLength(1);
    expect(sentTo('U0ZHOU').filter(({ kind }) => kind === 'text')).toHaveLength(1);
    await say('U0ZHOU', '负债比例偏高');

    expect(await one.state()).toBe('REJECTED');
    expect(await company.count(`todos WHERE kind IN ('failed_send', 'unknown_send')`)).toBe(0);
  });

  test('because the process died while opening it: the chat asks as well', async () => {
    const one = await newCase();
    await one.press('U0ZHOU', 'return');
    await company.db.pool.query(
      `UPDATE outbox SET state = 'LEASED', lease_token = gen_random_uuid(), lease_until = clock_timestamp() - interval '1 second' WHERE kind = 'tap_answer' AND id = (SELECT max(id) FROM outbox WHERE kind = 'tap_answer')`,
    );

    await company.worker().deliverer.sweep();
    await company.drain();

    expect(wordsTo('U0ZHOU').some((text) => text.includes(`${one.number} 要补什么`))).toBe(true);
    await say('U0ZHOU', '缺流水');
    expect(await one.state()).toBe('RETURNED');
  });

  test('for somebody who is no colleague any more: he hears only that', async () => {
    const { id } = await company.addStaff('老郑', ['reviewer'], { slack: 'U0ZHENG' });
    const one = await newCase();
    const { slack } = company.channels;
    slack.onSend = async (intent: OutboundIntent) => {
      const isForm = intent.content.kind === 'tap_answer' && intent.content.form !== undefined;
      if (!isForm) return { providerId: `p${intent.id}` };
      await company.db.pool.query('UPDATE identities SET staff_id = NULL WHERE staff_id = $1', [id]);
      throw new ChannelError('our_fault', 'expired_trigger_id');
    };

    await one.press('U0ZHENG', 'reject');

    expect(wordsTo('U0ZHENG')).toEqual([company.base.services.texts.translate('zh-CN', 'talk.unknown_staff')]);
    await company.db.pool.query('UPDATE staff SET is_active = false WHERE id = $1', [id]);
  });

  test('both ways open at once: the form decides, and the question in the chat is no longer waited at', async () => {
    refuseForms(new ChannelError('our_fault', 'timeout'));
    const one = await newCase();
    await one.press('U0ZHOU', 'reject');
    expect(wordsTo('U0ZHOU').some((text) => text.includes('请直接回复拒绝'))).toBe(true);
    await one.press('U0ZHOU', 'reject', sentIn({ words: '收入对不上' }, 'U0ZHOU'));
    expect(await one.state()).toBe('REJECTED');
    company.channels.slack.sent.length = 0;

    await say('U0ZHOU', '我的客户');

    expect(wordsTo('U0ZHOU').join()).not.toMatch(/已由|已处理|拒绝/);
  });
});

test('what is written in a form stands on the timeline, names hidden in the searchable copy', async () => {
  const one = await newCase();
  await one.press('U0ZHOU', 'reject');
  await one.press('U0ZHOU', 'reject', sentIn({ words: '何女士 13912345678 查过两次' }, 'U0ZHOU'));

  const { rows } = await company.db.pool.query<{ text_masked: string }>(
    `SELECT text_masked FROM timeline_items WHERE kind = 'action' ORDER BY id DESC LIMIT 1`,
  );
  expect(rows[0]?.text_masked).toMatch(/^拒绝\n[\s\S]*查过两次/);
  expect(rows[0]?.text_masked).not.toMatch(/13912345678|何女士/);
});

test('an answer that was pressed stands on the timeline as the words on its button', async () => {
  const { wecom } = company.channels;
  await company.addStaff('小吴', ['sales'], { wecom: 'xiaowu' });
  wecom.sent.length = 0;
  await company.say(wecom, 'xiaowu', '新客户 何女士 13800001212 想贷30万周转，36期，在深圳，有套房');
  await company.drain();
  const card = wecom.sent.flatMap(({ content }) => (content.kind === 'card' ? [content.card] : [])).at(-1);
  const [button] = card?.actions ?? [];
  expect(card).toBeDefined();

  const press: Press = {
    kind: 'action',
    cardId: card?.id ?? '',
    revision: 1,
    verb: button?.verb ?? '',
    selected: {},
    handle: {},
  };
  await company.receive(wecom, 'xiaowu', press);
  await company.drain();

  await company.receive(wecom, 'xiaowu', press); // the question is over by now
  await company.drain();

  const { rows } = await company.db.pool.query<{ text_masked: string }>(
    `SELECT text_masked FROM timeline_items WHERE kind = 'action' ORDER BY id DESC LIMIT 2`,
  );
  expect(rows).toEqual([{ text_masked: button?.label }, { text_masked: button?.label }]);
});
