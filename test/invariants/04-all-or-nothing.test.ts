/** Invariant 4: state, outgoing intents, timers and audit entries of a turn commit together or not at all. */
import { beforeAll, describe, expect, test } from 'vitest';
import { useCompany } from './support/company.ts';

const company = useCompany();

const TABLES = [
  'customers',
  'leads',
  'lead_assignments',
  'pii_refs',
  'outbox',
  'timers',
  'audit_entries',
  'timeline_items',
  'timeline_links',
];

async function counts(): Promise<Record<string, number>> {
  const entries: [string, number][] = [];
  for (const table of TABLES) entries.push([table, await company.count(table)]);
  entries.push(
    ['states', await company.count('conversations WHERE sealed_state IS NOT NULL')],
    ['done', await company.count(`inbox WHERE state <> 'NEW'`)],
  );
  return Object.fromEntries(entries);
}

beforeAll(async () => {
  await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
});

describe('a turn that cannot be committed', () => {
  test('a fault at the very moment of the commit leaves no row of the turn anywhere; the next try leaves all of them once', async () => {
    await company.db.pool.query(`
      CREATE FUNCTION pull_the_plug() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'plug pulled' USING ERRCODE = '57P01'; END $$;
      CREATE CONSTRAINT TRIGGER plug AFTER UPDATE ON conversations DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pull_the_plug()`);
    await company.say(company.channels.wecom, 'xiaolin', '新客户 何女士 13800006612 想贷30万周转');
    const before = await counts();
    const { turns } = company.worker();

    await turns.run();
    const after = await counts();
    await company.db.pool.query('DROP TRIGGER plug ON conversations');
    await turns.run();
    const healed = await counts();

    expect(after).toEqual(before);
    for (const table of TABLES) expect(`${table} ${(healed[table] ?? 0) > (before[table] ?? 0)}`).toBe(`${table} true`);
    expect(healed['leads']).toBe(1);
    expect(healed['done']).toBe(1);
    expect(await company.count('inbox WHERE attempts > 0')).toBe(0);
  });

  test('a refused operation in a turn leaves its refusal in the audit log and nothing else of itself', async () => {
    const manager = await company.addStaff('梁总', ['manager']);
    const before = await counts();

    await expect(
      company.call(manager, 'lead.create', { name: '冯先生', mobile: 'not a phone', source: 'website' }),
    ).rejects.toThrow();

    const after = await counts();
    expect({ ...after, audit_entries: 0 }).toEqual({ ...before, audit_entries: 0 });
    expect(await company.count(`audit_entries WHERE action = 'lead.create' AND outcome = 'REFUSED'`)).toBe(1);
  });
});

describe('a person who leaves everything open', () => {
  test('thirty leads typed without answering one question are thirty leads, each answered, none set aside', async () => {
    const { wecom } = company.channels;
    const before = await company.count('leads');
    for (let i = 0; i < 30; i += 1)
      await company.say(wecom, 'xiaolin', `新客户 何女士 ${13_800_700_000 + i} 想贷10万周转 分12期`);

    await company.drain();

    expect((await company.count('leads')) - before).toBe(30);
    expect(await company.count(`inbox WHERE state = 'PARKED'`)).toBe(0);
  });
});

describe('a poisonous event', () => {
  test('it is parked after three tries with an incident and a word to its sender, and the events behind and beside it are handled', async () => {
    const { telegram } = company.channels;
    await company.say(telegram, 'poisoned', 'poison');
    await company.db.pool.query(`UPDATE inbox SET sealed_body = '\\x00' WHERE state = 'NEW'`);
    await company.say(telegram, 'poisoned', 'after');
    for (const chat of ['n1', 'n2', 'n3']) await company.say(telegram, chat, 'hello');

    await company.drain();

    expect(await company.count(`inbox WHERE state = 'PARKED'`)).toBe(1);
    expect(await company.count(`inbox WHERE state = 'NEW'`)).toBe(0);
    expect(await company.count(`incidents WHERE kind = 'inbox.parked'`)).toBe(1);
    expect(telegram.said('poisoned')[0]).toMatch(/^抱歉，这条消息没能处理/);
    for (const chat of ['n1', 'n2', 'n3']) expect(telegram.said(chat).length).toBeGreaterThan(0);
  });

  test('a conversation whose own state cannot be read parks its events and stands in nobody’s way', async () => {
    const { telegram } = company.channels;
    await company.db.pool.query(`UPDATE conversations SET sealed_state = '\\x00' WHERE chat = 'n1'`);
    const before = telegram.said('n2').length;
    await company.say(telegram, 'n1', 'again');
    await company.say(telegram, 'n2', 'again');

    await company.drain();

    expect(await company.count(`inbox WHERE state = 'NEW'`)).toBe(0);
    expect(telegram.said('n1').at(-1)).toMatch(/^抱歉，这条消息没能处理/);
    expect(telegram.said('n2').length).toBeGreaterThan(before);
  });
});
