/** Design §12: a text identical to one sent to that person inside the platform's window gets a visible ordinal. */
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { ChannelError } from '../../../src/channels/channel.ts';
import { inUnit } from '../../../src/core/unit/unit.ts';
import { newId } from '../../../src/lib/ids.ts';
import { House } from '../../fixtures/wecom/house.ts';
import { useCompany, type StaffActor } from '../../invariants/support/company.ts';

const company = useCompany();
const SYSTEM = { kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' } as const;
let xiaolin: StaffActor;
let laozhao: StaffActor;

beforeAll(async () => {
  xiaolin = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  laozhao = await company.addStaff('老赵', ['approver'], { wecom: 'laozhao' });
});
beforeEach(async () => {
  await company.db.pool.query('TRUNCATE outbox, outbox_keys');
  company.channels.wecom.sent.length = 0;
  company.channels.wecom.onSend = async (intent) => ({ providerId: `p${intent.id}` });
});

async function tell(staff: StaffActor, text = 'talk.parked'): Promise<void> {
  await company.call(SYSTEM, 'staff.notify', { staffId: staff.id, text, params: {} });
  await company.worker().deliverer.run();
}

const ordinals = (): readonly (number | undefined)[] => company.channels.wecom.sent.map(({ ordinal }) => ordinal);

/** The chain was sent that much earlier. */
async function hoursPass(hours: number): Promise<void> {
  await company.db.pool.query('UPDATE outbox SET at = at - make_interval(hours => $1)', [hours]);
}

/** An answer to a press that came too late to be shown inside the press. */
async function answerLate(chat: string, text: string): Promise<void> {
  await inUnit(company.base.unit, async (unit) => {
    const to = { account: company.channels.wecom.account, chat };
    const content = { kind: 'tap_answer', tap: { responseCode: newId() }, text, alert: false } as const;
    unit.turn({ actor: SYSTEM, via: 'test' }).effects.send({ to, purpose: 'STAFF', content });
  });
  await company.worker().deliverer.run();
}

describe('the same words to the same person', () => {
  test('carry the number of the repetition, the first time none', async () => {
    for (const _ of [1, 2, 3]) await tell(xiaolin);

    expect(ordinals()).toEqual([undefined, 2, 3]);
  });

  test('never show a number again that the platform still remembers, and begin anew after a pause', async () => {
    await tell(xiaolin);
    await hoursPass(3);
    await tell(xiaolin);
    await hoursPass(3);
    await tell(xiaolin);
    expect(ordinals()).toEqual([undefined, 2, 3]);

    await hoursPass(5);
    await tell(xiaolin);
    expect(ordinals().at(-1)).toBeUndefined();
  });

  test('keep their number when the platform had to be asked again', async () => {
    await tell(xiaolin);
    let tries = 0;
    company.channels.wecom.onSend = async (intent) => {
      tries += 1;
      if (tries === 1) throw new ChannelError('retry', 'busy');
      return { providerId: `p${intent.id}` };
    };
    await tell(xiaolin);
    await company.db.pool.query(`UPDATE outbox SET due_at = due_at - interval '1 hour' WHERE state = 'PENDING'`);
    await company.worker().deliverer.run();

    expect(tries).toBe(2);
    expect(
      ordinals()
        .slice(1)
        .every((ordinal) => ordinal === 2),
    ).toBe(true);
  });

  test('are seen each time when they answer one press after another on an old card', async () => {
    const house = await House.open();
    onTestFinished(async () => house.close());
    company.channels.wecom.onSend = async (intent) => house.channel.send(intent);

    for (const _ of [1, 2]) await answerLate('lina', '这张卡片已过期');

    const { messages } = house.wecom.screen('lina');
    expect(messages.map(({ text }) => text)).toEqual(['这张卡片已过期', '这张卡片已过期 (2)']);
    expect(await company.count(`outbox WHERE state = 'SENT'`)).toBe(2);
  });

  test('are no repetition for somebody else, nor are other words for the same person', async () => {
    await tell(xiaolin);
    await tell(laozhao);
    await tell(xiaolin, 'talk.unknown_staff');

    expect(ordinals()).toEqual([undefined, undefined, undefined]);
  });
});
