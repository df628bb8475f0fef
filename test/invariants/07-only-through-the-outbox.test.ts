/** Invariant 7: nothing reaches a person except through the outbox, and the outbox asks the contact gate when it sends. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Interactive } from '../../src/jobs/interactive.ts';
import { createTroubleHandler } from '../../src/jobs/trouble.ts';
import { LocalWake } from '../../src/jobs/wake.ts';
import type { GateAnswer, SendGate } from '../../src/outbox/gate.ts';
import { useCompany } from './support/company.ts';

const company = useCompany();
const SYSTEM = { kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' } as const;
const people: { staff?: string; customer?: string } = {};

beforeAll(async () => {
  const sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  people.staff = sales.id;
  const lead = (await company.call(sales, 'lead.capture', { facts: { name: '何女士', phone: '13800006612' } })) as {
    customerId: string;
  };
  people.customer = lead.customerId;
});
beforeEach(async () => {
  await company.db.pool.query('TRUNCATE outbox, outbox_keys, timers');
  for (const channel of Object.values(company.channels)) channel.sent.length = 0;
});

/** A message to a customer, planned at an hour when it was allowed. */
async function planMessage(purpose: string): Promise<void> {
  await company.call(SYSTEM, 'staff.notify', { staffId: people.staff, text: 'talk.parked', params: {} });
  await company.db.pool.query('UPDATE outbox SET purpose = $1, customer_id = $2', [purpose, people.customer]);
}

async function state(): Promise<string> {
  const { rows } = await company.db.pool.query<{ state: string }>('SELECT state FROM outbox');
  return rows.map((row) => row.state).join();
}

describe('an answer sent straight from its turn', () => {
  test('goes out of the committed outbox: when the turn does not commit, nothing is sent', async () => {
    const { telegram } = company.channels;
    await company.db.pool.query(`
      CREATE FUNCTION refuse_turn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
      CREATE CONSTRAINT TRIGGER refuse_turn AFTER UPDATE ON conversations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_turn()`);
    await company.say(telegram, '7070', '/start');

    await company.drain();

    // The event is set aside after three tries; that is all the person hears of.
    expect(telegram.said('7070')).toEqual([expect.stringMatching(/^抱歉，这条消息没能处理/)]);
    await company.db.pool.query('DROP TRIGGER refuse_turn ON conversations');
  });
});

describe('the gate', () => {
  test('is asked at the moment of sending: what became forbidden after it was planned is not sent', async () => {
    await planMessage('COLLECTION');
    const asked: string[] = [];
    const { deliverer } = company.worker({
      gates: [
        async (_tx, question): Promise<GateAnswer> => {
          asked.push(`${question.purpose} ${question.customerId === people.customer}`);
          return { decision: 'deny', rule: 'DNC' };
        },
      ],
    });

    await deliverer.run();

    expect(asked).toEqual(['COLLECTION true']);
    expect(company.channels.wecom.sent).toHaveLength(0);
    expect(await state()).toBe('DENIED');
  });

  test('holds a message until the hour at which it is allowed, as a timer, and is asked again then', async () => {
    await planMessage('SERVICE');
    let asked = 0;
    const gate: SendGate = async (_tx, { now }) => {
      asked += 1;
      if (asked > 1) return { decision: 'allow' };
      return { decision: 'deny', rule: 'QUIET', until: new Date(now.getTime() + 3_600_000) };
    };

    await company.drain({ gates: [gate] });
    await company.advance(3_540_000);
    await company.drain({ gates: [gate] });
    const early = { state: await state(), asked };
    await company.advance(61_000);
    await company.drain({ gates: [gate] });

    expect(early).toEqual({ state: 'DEFERRED', asked: 1 });
    expect({ state: await state(), asked }).toEqual({ state: 'SENT', asked: 2 });
    expect(company.channels.wecom.sent).toHaveLength(1);
  });

  test('the product’s own gate refuses a collection message at 23:30 in the customer’s zone', async () => {
    await planMessage('COLLECTION');
    await company.advanceToTomorrow(23, 30);

    await company.worker().deliverer.run();

    expect(company.channels.wecom.sent).toHaveLength(0);
    expect(['DENIED', 'DEFERRED']).toContain(await state());
  });
});

describe('an answer inside the platform’s own request', () => {
  function interactive(): Interactive {
    return new Interactive({
      database: company.base.database,
      keys: company.base.keys,
      wake: new LocalWake(),
      followUp: createTroubleHandler(company.base.keys),
      patienceMs: 1,
    });
  }

  async function leaveAnswer(inboxId: number): Promise<void> {
    await planMessage('STAFF');
    await company.db.pool.query(`UPDATE outbox SET lane = 'INTERACTIVE', inbox_id = $1`, [inboxId]);
  }

  test('is an outbox row that counts as sent only when the response is out', async () => {
    await leaveAnswer(41);

    const held = await interactive().wait(41n);

    expect(held?.answer).toMatchObject({ kind: 'text' });
    expect(await state()).toBe('LEASED');
    await held?.shown();
    expect(await state()).toBe('SENT');
    expect(company.channels.wecom.sent).toHaveLength(0);
    expect(await company.count('timeline_items WHERE outbox_id = (SELECT id FROM outbox)')).toBe(1);
  });

  test('goes out as a message when the request is gone before the answer is written', async () => {
    await leaveAnswer(42);

    const held = await interactive().wait(42n);
    await held?.notShown();
    await company.worker().deliverer.run();

    expect(company.channels.wecom.sent).toHaveLength(1);
  });

  test('that nobody waits for any more, because the process with the request died, goes out as a message after 3 seconds', async () => {
    await leaveAnswer(43);
    const { deliverer } = company.worker();
    await deliverer.sweep();
    const early = await deliverer.run();

    await company.db.pool.query(`UPDATE outbox SET due_at = due_at - interval '4 seconds'`);
    await deliverer.sweep();
    await deliverer.run();

    expect(early).toBe(0);
    expect(company.channels.wecom.sent).toHaveLength(1);
  });

  test('is given once, however many requests ask for it', async () => {
    await leaveAnswer(44);

    const held = await Promise.all([interactive().wait(44n), interactive().wait(44n)]);

    expect(held.filter(Boolean)).toHaveLength(1);
  });
});

describe('the code', () => {
  test('calls a channel’s send in one file of the outbox and nowhere else', () => {
    const src = path.resolve(import.meta.dirname, '../../src');
    const callers = readdirSync(src, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.startsWith('channels/') && !file.startsWith('sandbox/'))
      .filter((file) => /\bchannels?(\.get\([^)]*\))?[?!]?\.send\(/.test(readFileSync(path.join(src, file), 'utf8')));

    expect(callers).toEqual(['outbox/deliver.ts']);
  });
});

describe('a customer who does not answer', () => {
  test('is spoken to as one whom nobody answers: the gate judges all that a timer makes the bot say', async () => {
    Object.assign(company.base.services, { telegramBotName: () => 'daiban_bot' });
    const facts = { name: '周女士', phone: '13800006613' };
    const sales = await company.addStaff('小周', ['sales']);
    const lead = (await company.call(sales, 'lead.capture', { facts })) as { bindingLink: string };
    const payload = new URL(lead.bindingLink).searchParams.get('start') ?? '';
    const { telegram } = company.channels;
    await company.receive(telegram, '7700', { kind: 'start', payload, messageId: 's1' });
    await company.receive(telegram, '7700', { kind: 'contact', messageId: 'c1', phone: facts.phone, own: true });
    await company.drain();

    // Nine days, two hours at a time: by then he has been reminded, and told that the form was put aside.
    for (let hour = 0; hour < 9 * 24; hour += 2) {
      await company.advance(2 * 3_600_000);
      await company.drain();
    }

    const { rows } = await company.db.pool.query<{ purpose: string; hour: number }>(
      `SELECT purpose, extract(hour FROM settled_at AT TIME ZONE 'Asia/Shanghai')::int AS hour FROM outbox
       WHERE customer_id IS NOT NULL AND trace_id IN (SELECT trace_id FROM inbox WHERE account = 'internal') ORDER BY id`,
    );
    expect(rows.length).toBeGreaterThan(1);
    expect(new Set(rows.map(({ purpose }) => purpose))).toEqual(new Set(['SERVICE']));
    expect(rows.filter(({ hour }) => hour < 8 || hour >= 20)).toEqual([]);
  });
});
