import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  buildPolicies,
  checkContact,
  type ContactFacts,
  type ContactGate,
  gateOf,
  installedPolicySet,
  isoInZone,
  NEUTRAL_FACTS,
  type PolicyRow,
  type ProposedContact,
  zoneClock,
} from '../../../../../src/domain/consent/contact-gate/index.ts';
import { checkContactGate } from '../../../../../src/domain/consent/contact-gate/index.ts';
import { businessDate } from '../../../../../src/lib/business-date.ts';
import { loadTexts } from '../../../../../src/lib/i18n.ts';
import { hourBy, randomContact, randomFacts, randomFrom } from './contact-cases.ts';

const gate = gateOf(installedPolicySet(), 'statutory');
const texts = loadTexts(path.resolve(import.meta.dirname, '../../../../../locales'));

interface Vectors {
  readonly contactPolicy: {
    readonly tz: string;
    readonly params: Readonly<Record<string, unknown>>;
    readonly cases: readonly { readonly id: string; readonly expect: string; readonly rule?: string }[];
  };
}
const { contactPolicy } = JSON.parse(
  readFileSync(new URL('../../../../fixtures/lending.json', import.meta.url), 'utf8'),
) as Vectors;

function contact(at: string, change: Partial<ProposedContact> = {}): ProposedContact {
  return {
    at: Date.parse(at),
    zone: 'Asia/Shanghai',
    channel: 'voice',
    purpose: 'collection',
    role: 'debtor',
    ...change,
  };
}

function facts(change: Partial<ContactFacts>): ContactFacts {
  return { ...NEUTRAL_FACTS, ...change };
}

/** "allow", or rule and next instant in the contact's zone. */
function verdict(proposed: ProposedContact, known: ContactFacts = NEUTRAL_FACTS, by: ContactGate = gate): string {
  const decision = checkContact(by, proposed, known);
  if (decision.kind === 'allow') return 'allow';
  const next = decision.nextAllowedAt;
  return `${decision.rule} ${next === undefined ? 'never' : isoInZone(next, zoneClock(proposed.zone))}`;
}

const TEN = '2026-03-02T10:00:00+08:00'; // a Monday

describe('the published contact cases', () => {
  test.each(contactPolicy.cases)('$id gives $expect $rule', (published) => {
    const answer = checkContactGate({ ...published, tz: contactPolicy.tz, params: contactPolicy.params }, { texts });

    expect(answer.decision).toBe(published.expect);
    expect(answer.rule).toBe(published.rule);
  });
});

describe('quiet hours', () => {
  test.each([
    ['2026-03-02T07:59:59.999+08:00', 'Asia/Shanghai', 'COL-T1 2026-03-02T08:00:00+08:00'],
    ['2026-03-02T08:00:00+08:00', 'Asia/Shanghai', 'allow'],
    ['2026-03-02T21:59:59.999+08:00', 'Asia/Shanghai', 'allow'],
    ['2026-03-02T22:00:00+08:00', 'Asia/Shanghai', 'COL-T1 2026-03-03T08:00:00+08:00'],
    ['2026-03-02T00:00:00+08:00', 'Asia/Shanghai', 'COL-T1 2026-03-02T08:00:00+08:00'],
    ['2026-12-31T23:59:59+08:00', 'Asia/Shanghai', 'COL-T1 2027-01-01T08:00:00+08:00'],
    ['2026-03-02T14:00:00Z', 'Asia/Shanghai', 'COL-T1 2026-03-03T08:00:00+08:00'],
    ['2026-03-02T13:59:59Z', 'Asia/Shanghai', 'allow'],
    ['2026-03-02T09:59:00+08:00', 'Asia/Urumqi', 'COL-T1 2026-03-02T08:00:00+06:00'],
    ['2026-03-02T02:15:00Z', 'Asia/Kathmandu', 'allow'],
    ['2026-03-02T02:14:59Z', 'Asia/Kathmandu', 'COL-T1 2026-03-02T08:00:00+05:45'],
    // The night in which New York puts its clock forward has nine quiet hours, the other one eleven.
    ['2026-03-07T22:00:00-05:00', 'America/New_York', 'COL-T1 2026-03-08T08:00:00-04:00'],
    ['2026-10-31T22:00:00-04:00', 'America/New_York', 'COL-T1 2026-11-01T08:00:00-05:00'],
    ['2026-11-01T05:30:00Z', 'America/New_York', 'COL-T1 2026-11-01T08:00:00-05:00'],
    ['2026-11-01T06:30:00Z', 'America/New_York', 'COL-T1 2026-11-01T08:00:00-05:00'],
  ])('at %s in %s: %s', (at, zone, expected) => {
    expect(verdict(contact(at, { zone }))).toBe(expected);
  });

  test('bind reminders, visits, letters and service messages too', () => {
    for (const purpose of ['reminder', 'service'] as const) {
      expect(verdict(contact('2026-03-02T23:00:00+08:00', { purpose, channel: 'text' }))).toMatch(/^COL-T1/u);
    }
    expect(verdict(contact('2026-03-02T23:00:00+08:00', { channel: 'visit' }))).toMatch(/^COL-T1/u);
    expect(verdict(contact('2026-03-02T23:00:00+08:00', { channel: 'letter' }))).toMatch(/^COL-T1/u);
  });

  test('do not silence the answer to what the person has just asked', () => {
    expect(verdict(contact('2026-03-02T23:00:00+08:00', { purpose: 'reply', channel: 'text' }))).toBe('allow');
  });

  test('are never broken over 20 000 random contacts in twenty zones', () => {
    const random = randomFrom(20_261_121);
    let allowed = 0;
    for (let index = 0; index < 20_000; index += 1) {
      const proposed = randomContact(random);
      if (checkContact(gate, proposed, randomFacts(random, proposed.at)).kind === 'deny') continue;
      allowed += 1;
      const hour = hourBy(proposed.at, proposed.zone);
      expect(hour >= 8 && hour < 22, `${new Date(proposed.at).toISOString()} ${proposed.zone}`).toBe(true);
    }
    expect(allowed).toBeGreaterThan(500);
  });
});

describe('the next allowed instant', () => {
  // Facts as they will be at a later instant if nothing happens until then.
  function factsAt(later: number, proposed: ProposedContact, known: ContactFacts): ContactFacts {
    const clock = zoneClock(proposed.zone);
    const [today, day] = [clock.localAt(proposed.at).day, clock.localAt(later).day];
    const week = (local: number): number => Math.floor((local + 3) / 7);
    const sameDay = today === day;
    return {
      ...known,
      effectiveToday: sameDay ? known.effectiveToday : 0,
      unansweredThisNumberToday: sameDay ? known.unansweredThisNumberToday : 0,
      textsToday: sameDay ? known.textsToday : 0,
      touchesToday: sameDay ? known.touchesToday : 0,
      marketingToday: sameDay ? known.marketingToday : 0,
      marketingThisWeek: week(today) === week(day) ? known.marketingThisWeek : 0,
    };
  }

  test('is the first one: it is allowed, and nothing between now and then is', () => {
    const random = randomFrom(7);
    let checked = 0;
    for (let index = 0; index < 8000; index += 1) {
      const proposed = randomContact(random);
      const known = randomFacts(random, proposed.at);
      const decision = checkContact(gate, proposed, known);
      if (decision.kind === 'allow' || decision.nextAllowedAt === undefined) continue;
      checked += 1;
      const next = decision.nextAllowedAt;
      const instants = [next - 1, proposed.at + Math.floor(random() * (next - proposed.at))];
      const opinion = (at: number): string =>
        checkContact(gate, { ...proposed, at }, factsAt(at, proposed, known)).kind;
      expect(opinion(next), `${new Date(proposed.at).toISOString()} ${proposed.zone}`).toBe('allow');
      expect(instants.map((at) => opinion(at))).toEqual(['deny', 'deny']);
    }
    expect(checked).toBeGreaterThan(2000);
  });

  test.each([
    ['three effective calls today', { effectiveToday: 3 }, {}, 'COL-F1 2026-03-03T08:00:00+08:00'],
    ['two texts today', { textsToday: 2 }, { channel: 'text' }, 'COL-F3 2026-03-03T08:00:00+08:00'],
    [
      'a text an hour ago',
      { lastTextAt: Date.parse('2026-03-02T09:00:00+08:00') },
      { channel: 'text' },
      'COL-F3 2026-03-02T13:00:00+08:00',
    ],
    [
      'an advertisement today',
      { marketingToday: 1, consent: true },
      { purpose: 'marketing' },
      'MK-4 2026-03-03T08:00:00+08:00',
    ],
    [
      'two advertisements this week',
      { marketingThisWeek: 2, consent: true },
      { purpose: 'marketing' },
      'MK-4 2026-03-09T08:00:00+08:00',
    ],
    ['a used-up touch budget', { touchesToday: 12 }, { purpose: 'reminder' }, 'COL-F4 2026-03-03T08:00:00+08:00'],
  ] as const)('after %s is known', (_, known, change, expected) => {
    expect(verdict(contact(TEN, change), facts(known))).toBe(expected);
  });

  test('waits for the gap of a late text to end and then for the morning', () => {
    const known = facts({ textsToday: 1, lastTextAt: Date.parse('2026-03-02T19:00:00+08:00') });
    expect(verdict(contact('2026-03-02T20:00:00+08:00', { channel: 'text' }), known)).toBe(
      'COL-F3 2026-03-03T08:00:00+08:00',
    );
  });

  test('begins where midnight is skipped: Havana starts 8 March 2026 at one o’clock', () => {
    expect(
      verdict(contact('2026-03-07T12:00:00-05:00', { zone: 'America/Havana' }), facts({ effectiveToday: 3 })),
    ).toBe('COL-F1 2026-03-08T08:00:00-04:00');
  });

  test('does not exist where nothing may ever be sent', () => {
    expect(verdict(contact(TEN), facts({ complaintOpen: true }))).toBe('COL-C1 never');
    const none = tightenedBy({ rule: 'COL-F1', set: { maxEffectiveCallsPerDebtorPerDay: 0 } });
    expect(verdict(contact(TEN), NEUTRAL_FACTS, none)).toBe('COL-F1 never');
  });
});

describe('counts', () => {
  test.each([
    [{ effectiveToday: 2 }, 'allow'],
    [{ effectiveToday: 3 }, 'COL-F1'],
    [{ unansweredThisNumberToday: 5 }, 'allow'],
    [{ unansweredThisNumberToday: 6 }, 'COL-F2'],
    [{ textsToday: 9 }, 'allow'],
  ])('%j make a call %s', (known, expected) => {
    expect(verdict(contact(TEN), facts(known)).split(' ')[0]).toBe(expected);
  });

  test('of calls bind neither texts nor reminders by phone', () => {
    expect(verdict(contact(TEN, { channel: 'text' }), facts({ effectiveToday: 3 }))).toBe('allow');
    expect(verdict(contact(TEN, { purpose: 'reminder' }), facts({ effectiveToday: 3 }))).toBe('allow');
  });
});

describe('third persons', () => {
  test.each<[Partial<ProposedContact>, Partial<ContactFacts>, string]>([
    [{ role: 'guarantor' }, {}, 'allow'],
    [{ role: 'contact' }, {}, 'COL-P2 never'],
    [{ role: 'contact' }, { unreachableEvidence: true }, 'allow'],
    [{ role: 'contact' }, { unreachableEvidence: true, thirdPartyDnc: true }, 'COL-P3 never'],
    [{ role: 'contact' }, { unreachableEvidence: true, refused: true }, 'COL-P3 never'],
    [{ role: 'stranger' }, { unreachableEvidence: true }, 'COL-P1 never'],
    [{ role: 'contact', purpose: 'reminder' }, { unreachableEvidence: true }, 'COL-P1 never'],
    [{ role: 'contact', purpose: 'service' }, {}, 'allow'],
    [{ role: 'contact', purpose: 'service' }, { thirdPartyDnc: true }, 'COL-P3 never'],
    [{ role: 'contact', text: '请转告王先生回电话，谢谢' }, { unreachableEvidence: true }, 'allow'],
    [{ role: 'contact', text: '王先生的贷款已逾期' }, { unreachableEvidence: true }, 'COL-P4 never'],
    [{ role: 'contact', text: '请转告王先生准备5,000元' }, { unreachableEvidence: true }, 'COL-P4 never'],
    [{ role: 'debtor', text: '您的贷款5000元已逾期3天，请尽快还款' }, {}, 'allow'],
  ])('%j with %j: %s', (change, known, expected) => {
    expect(verdict(contact(TEN, change), facts(known))).toBe(expected);
  });
});

describe('marketing', () => {
  test.each<[string, Partial<ProposedContact>, Partial<ContactFacts>, string]>([
    [TEN, {}, {}, 'MK-1 never'],
    [TEN, {}, { consent: true }, 'allow'],
    [TEN, {}, { consent: true, refused: true }, 'MK-1 never'],
    ['2026-03-02T20:59:59+08:00', {}, { consent: true }, 'allow'],
    ['2026-03-02T21:00:00+08:00', {}, { consent: true }, 'MK-4 2026-03-03T08:00:00+08:00'],
    [TEN, { text: '新产品上线，回T退订', carriesOptOut: true }, { consent: true }, 'allow'],
    [TEN, { text: '新产品上线', carriesOptOut: true }, { consent: true }, 'MK-2 never'],
    [TEN, { text: '新产品上线' }, { consent: true }, 'allow'],
    [TEN, { text: '无视征信，秒批！拒收请回复R', carriesOptOut: true }, { consent: true }, 'MK-6 never'],
  ])('at %s %j with %j: %s', (at, change, known, expected) => {
    expect(verdict(contact(at, { purpose: 'marketing', channel: 'text', ...change }), facts(known))).toBe(expected);
  });

  test('that is refused does not stop service messages', () => {
    expect(verdict(contact(TEN, { purpose: 'service', channel: 'text' }), facts({ refused: true }))).toBe('allow');
  });
});

describe('an open complaint', () => {
  test('stops collection, not the reminder of a due date', () => {
    expect(verdict(contact(TEN), facts({ complaintOpen: true }))).toBe('COL-C1 never');
    expect(verdict(contact(TEN, { purpose: 'reminder' }), facts({ complaintOpen: true }))).toBe('allow');
  });
});

const { statutory, wording } = installedPolicySet();

function row(change: Pick<PolicyRow, 'rule' | 'set'> & Partial<PolicyRow>): PolicyRow {
  return { from: businessDate('2000-01-01'), basis: 'house', source: 'test', ...change };
}

function tightenedBy(...changes: Parameters<typeof row>): ContactGate {
  const built = buildPolicies(
    statutory,
    changes.map((change) => row(change)),
  );
  if (!built.ok) throw new Error(JSON.stringify(built.faults));
  return { policies: built.policies, wording };
}

describe('the company’s rows', () => {
  const company = gateOf(installedPolicySet(), 'both');

  test('tighten the quiet hours to 20:00–08:00 for what is really sent', () => {
    expect(verdict(contact('2026-03-02T20:00:00+08:00'), NEUTRAL_FACTS, company)).toBe(
      'COL-T1 2026-03-03T08:00:00+08:00',
    );
    expect(verdict(contact('2026-03-02T19:59:59+08:00'), NEUTRAL_FACTS, company)).toBe('allow');
  });

  test.each([
    ['quiet hours that begin later', 'COL-T1', { quietFrom: 23 * 3600, quietTo: 8 * 3600 }],
    ['quiet hours that end earlier', 'COL-T1', { quietFrom: 22 * 3600, quietTo: 7 * 3600 }],
    ['quiet hours at noon', 'COL-T1', { quietFrom: 11 * 3600, quietTo: 13 * 3600 }],
    ['a fourth effective call', 'COL-F1', { maxEffectiveCallsPerDebtorPerDay: 4 }],
    ['a seventh dial', 'COL-F2', { maxUnansweredPerNumberPerDay: 7 }],
  ] as const)('are refused when they allow %s', (_, rule, set) => {
    expect(buildPolicies(statutory, [row({ rule, set })])).toMatchObject({
      ok: false,
      layer: 'company',
      faults: [{ row: 0, code: 'loosens', rule }],
    });
  });

  test.each([
    ['longer quiet hours', 'COL-T1', { quietFrom: 18 * 3600, quietTo: 9 * 3600 }],
    ['quiet hours almost all day', 'COL-T1', { quietFrom: 14 * 3600, quietTo: 13 * 3600 }],
    ['fewer calls', 'COL-F1', { maxEffectiveCallsPerDebtorPerDay: 1 }],
    ['more texts, because that limit is our own', 'COL-F3', { maxTextsPerDay: 3, minTextGapHours: 2 }],
  ] as const)('may demand %s', (_, rule, set) => {
    expect(buildPolicies(statutory, [row({ rule, set })]).ok).toBe(true);
  });

  test.each([
    ['half a window', 'COL-T1', { quietFrom: 20 * 3600 }, 'incomplete_window'],
    ['an empty window', 'COL-T1', { quietFrom: 20 * 3600, quietTo: 20 * 3600 }, 'empty_window'],
    ['another rule’s parameter', 'COL-F1', { maxTextsPerDay: 1 }, 'foreign_parameter'],
  ] as const)('are refused for %s', (_, rule, set, code) => {
    expect(buildPolicies(statutory, [row({ rule, set })])).toMatchObject({ ok: false, faults: [{ code }] });
  });

  test('are refused when they end before they begin', () => {
    const backwards = row({
      rule: 'COL-F1',
      set: {},
      from: businessDate('2026-02-01'),
      until: businessDate('2026-01-01'),
    });
    expect(buildPolicies(statutory, [backwards])).toMatchObject({ ok: false, faults: [{ code: 'dates' }] });
  });

  test('hold from their day in Shanghai until their end', () => {
    const march = tightenedBy({
      rule: 'COL-F1',
      set: { maxEffectiveCallsPerDebtorPerDay: 1 },
      from: businessDate('2026-03-01'),
      until: businessDate('2026-04-01'),
    });
    const known = facts({ effectiveToday: 1 });
    expect(verdict(contact('2026-02-28T21:59:00+08:00'), known, march)).toBe('allow');
    expect(verdict(contact('2026-03-01T08:00:00+08:00'), known, march)).toMatch(/^COL-F1/u);
    expect(verdict(contact('2026-04-01T08:00:00+08:00'), known, march)).toBe('allow');
  });

  test('that end during a wait let the contact through at their end', () => {
    const night = tightenedBy({
      rule: 'COL-T1',
      set: { quietFrom: 18 * 3600, quietTo: 12 * 3600 },
      until: businessDate('2026-03-03'),
    });
    expect(verdict(contact('2026-03-02T19:00:00+08:00'), NEUTRAL_FACTS, night)).toBe(
      'COL-T1 2026-03-03T08:00:00+08:00',
    );
  });
});

test('nobody is contacted under an empty rule book', () => {
  const built = buildPolicies([], []);
  if (!built.ok) throw new Error('refused');
  expect(verdict(contact(TEN), NEUTRAL_FACTS, { policies: built.policies, wording })).toBe('NO-POLICY never');
});
