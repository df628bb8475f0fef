/** A salesperson's chat with a form open: look-ups in between, the card that is pressed, and what a customer's file shows. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Card } from '../../../src/channels/card.ts';
import { ADMIN, useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
const people: { lin?: StaffActor; qian?: StaffActor } = {};

beforeAll(async () => {
  people.lin = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  people.qian = await company.addStaff('小钱', ['reviewer'], { wecom: 'xiaoqian' });
});

async function says(text: string): Promise<void> {
  company.channels.wecom.sent.length = 0;
  await company.say(company.channels.wecom, 'xiaolin', text);
  await company.drain();
}

/** What he was sent since he spoke last. */
function told(): readonly string[] {
  return company.channels.wecom.said('xiaolin');
}

function cards(kind: 'card' | 'card_update'): readonly Card[] {
  return company.channels.wecom.sent.flatMap(({ content }) => (content.kind === kind ? [content.card] : []));
}

async function press(card: Card, verb: string): Promise<void> {
  company.channels.wecom.sent.length = 0;
  const tap = { kind: 'action', cardId: card.id, revision: card.revision, verb, selected: {}, handle: {} } as const;
  await company.receive(company.channels.wecom, 'xiaolin', tap);
  await company.drain();
}

describe('a form that is open', () => {
  test('a look-up costs one line more, the card stays usable, and what was pressed keeps its facts', async () => {
    await says('新客户 何女士 13800090001 想贷12万周转 12期 在深圳');
    const [card] = cards('card');
    if (!card) throw new Error('no card');
    expect(card).toMatchObject({ title: expect.stringMatching(/^K\d+ 何\*+ · 12 万 · 12 期$/u) as string });
    expect(card.text).toContain('现在提交审批吗？');

    await says('待办');
    expect(told()).toEqual(['没有待办，轻松一下。', '「进件」还开着，看卡片回「继续」。']);
    expect(cards('card')).toEqual([]);

    await press(card, 'o0');
    expect(cards('card_update')[0]).toMatchObject({
      title: card.title,
      fields: card.fields,
      actions: [],
      closed: '已选：提交审批',
    });
    expect(told().join('\n')).toMatch(/A\d+ 已提交审批/u);
  });

  test('is closed when its lead is handed in by a command', async () => {
    await says('新客户 周先生 13800090002 想贷12万周转 12期 在深圳');
    const number = /K\d+/u.exec(cards('card')[0]?.title ?? '')?.[0] ?? '';

    await says(`提交 ${number}`);
    expect(told()).toEqual([expect.stringMatching(/^A\d+ 已提交审批/u)]);

    await says('待办');
    expect(told()).toEqual(['没有待办，轻松一下。']);
  });
});

test('after the pay-out a customer’s file names application and loan, and his plan says how much follows', async () => {
  await says('新客户 吴先生 13800090003 想贷12万周转 12期 在深圳');
  const number = /K\d+/u.exec(cards('card')[0]?.title ?? '')?.[0] ?? '';
  const { applicationId } = (await company.call(people.lin ?? ADMIN, 'lead.submit', { lead: number })) as {
    applicationId: string;
  };
  await company.drain();
  const { rows } = await company.db.pool.query<{ id: string; revision: number }>(
    'SELECT id, revision FROM approvals WHERE application_id = $1',
    [applicationId],
  );
  await company.call(people.qian ?? ADMIN, 'approval.decide', { ...rows[0], verb: 'approve' });
  await company.drain();

  await says(`客户 ${number}`);
  expect(told()[0]).toMatch(/｜还款中\n· L\d{4} 120,000\.00｜借据｜还款中\n· A\d+ 120,000\.00｜进件｜已通过$/u);

  await says(`还款 ${number}`);
  expect(told()[0]).toContain('（后面还有 6 期）');
});
