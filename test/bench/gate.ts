/**
 * Decisions of the contact gate per second on one core: what a busy outbox asks (allowed, one person after another),
 * and a mix of allowed and denied in twenty zones; and the promise that nothing is ever allowed in quiet hours, over a
 * million random contacts. `npx tsx test/bench/gate.ts` prints JSON.
 */
import { pathToFileURL } from 'node:url';
import {
  checkContact,
  type ContactFacts,
  gateOf,
  installedPolicySet,
  NEUTRAL_FACTS,
  type ProposedContact,
} from '../../src/domain/consent/contact-gate/index.ts';
import { hourBy, randomContact, randomFacts, randomFrom } from '../unit/domain/consent/contact-gate/contact-cases.ts';
import type { BenchRow } from './repayments.ts';

const gate = gateOf(installedPolicySet(), 'both');

interface Asked {
  readonly contact: ProposedContact;
  readonly facts: ContactFacts;
}

/** Calls per second, the best of five rounds over the same questions. */
function rate(asked: readonly Asked[], rounds: number): { readonly perSecond: number; readonly allowed: number } {
  let best = 0;
  let allowed = 0;
  for (let round = 0; round < 6; round += 1) {
    allowed = 0;
    const start = performance.now();
    for (let again = 0; again < rounds; again += 1) {
      for (const { contact, facts } of asked) if (checkContact(gate, contact, facts).kind === 'allow') allowed += 1;
    }
    // The first round warms up.
    if (round > 0) best = Math.max(best, ((asked.length * rounds) / (performance.now() - start)) * 1000);
  }
  return { perSecond: Math.round(best), allowed: allowed / rounds };
}

function working(text?: string): readonly Asked[] {
  const start = Date.parse('2026-03-02T09:00:00+08:00');
  return Array.from({ length: 1000 }, (_, index) => ({
    contact: {
      at: start + index * 37_000,
      zone: 'Asia/Shanghai',
      channel: index % 2 === 0 ? 'voice' : 'text',
      purpose: index % 3 === 0 ? 'reminder' : 'collection',
      role: 'debtor',
      ...(text === undefined ? {} : { text }),
    },
    facts: { ...NEUTRAL_FACTS, effectiveToday: index % 3, textsToday: index % 2, lastTextAt: start - 86_400_000 },
  }));
}

function mixed(): readonly Asked[] {
  const random = randomFrom(20_261_121);
  return Array.from({ length: 2000 }, () => {
    const contact = randomContact(random);
    // One month, as in real life; the property test covers all years.
    const at = Date.parse('2026-03-01T00:00:00Z') + (contact.at % 2_592_000_000);
    return { contact: { ...contact, at }, facts: randomFacts(random, at) };
  });
}

/** How many of `count` random contacts were allowed in quiet hours, by the platform's own clock. Must be 0. */
export function allowedInQuietHours(
  count: number,
  seed: number,
): { readonly broken: number; readonly allowed: number } {
  const random = randomFrom(seed);
  let [broken, allowed] = [0, 0];
  for (let index = 0; index < count; index += 1) {
    const contact = randomContact(random);
    if (checkContact(gate, contact, randomFacts(random, contact.at)).kind === 'deny') continue;
    allowed += 1;
    const hour = hourBy(contact.at, contact.zone);
    if (hour >= 22 || hour < 8) broken += 1;
  }
  return { broken, allowed };
}

/** All figures of the contact gate; of the million random contacts as many as `scale` says. */
export function benchGate(scale = 1): readonly BenchRow[] {
  const sms = '【贷伴】您的借款今日到期，应还10,394.28元，请按时还款，如有困难请联系我们。';
  const rows: BenchRow[] = [
    { name: 'gate, working hours', value: rate(working(), 200).perSecond, unit: '/s', goal: '>= 200000' },
    { name: 'gate, mixed verdicts in twenty zones', value: rate(mixed(), 20).perSecond, unit: '/s', goal: '>= 200000' },
    {
      name: 'gate with a message of 40 characters linted',
      value: rate(working(sms), 5).perSecond,
      unit: '/s',
      goal: '',
    },
  ];
  const contacts = Math.round(1_000_000 * scale);
  const { broken, allowed } = allowedInQuietHours(contacts, 20_261_121);
  return [
    ...rows,
    { name: `random contacts allowed, of ${contacts}`, value: allowed, unit: '', goal: `>= ${contacts / 100}` },
    { name: 'of these in quiet hours', value: broken, unit: '', goal: '<= 0' },
  ];
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(JSON.stringify(benchGate(), null, 2));
}
