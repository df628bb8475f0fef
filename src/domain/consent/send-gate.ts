/** The contact gate at the moment of sending: law and company rules, with the facts of the day. */
import type { Purpose } from '../../core/operations/effects.ts';
import { statement } from '../../db/database.ts';
import { dateIn, instantOf } from '../../lib/business-date.ts';
import type { SendGate } from '../../outbox/gate.ts';
import {
  checkContact,
  gateOf,
  installedPolicySet,
  NEUTRAL_FACTS,
  type ContactGate,
  type ContactPurpose,
} from './contact-gate/index.ts';

const FACTS = statement(
  'gate-facts',
  `SELECT c.zone, count(o.id)::int AS texts, max(o.settled_at) AS last_at, count(o.id) FILTER (WHERE o.purpose = 'MARKETING')::int AS marketing
   FROM customers c LEFT JOIN outbox o ON o.customer_id = c.id AND o.at >= $2 AND o.state = 'SENT' AND o.purpose IN ('SERVICE', 'COLLECTION', 'MARKETING')
   WHERE c.id = $1 GROUP BY c.zone`,
);
const ZONE = statement('gate-zone', 'SELECT zone FROM customers WHERE id = $1');

const PURPOSES: Readonly<Record<Purpose, ContactPurpose>> = {
  STAFF: 'reply',
  ANSWER: 'reply',
  SERVICE: 'reminder',
  COLLECTION: 'collection',
  MARKETING: 'marketing',
};

/** The gate over both layers, statutory and company (design §9). */
export function createContactGate(): SendGate {
  let gate: ContactGate | undefined;
  return async (tx, question) => {
    gate ??= gateOf(installedPolicySet(), 'both');
    const [person] = await tx.query<{ zone: string }>(ZONE, [question.customerId]);
    if (!person) return { decision: 'deny', rule: 'NO-PERSON' };
    const midnight = instantOf(dateIn(question.now, person.zone), { hour: 0 }, person.zone);
    const [facts] = await tx.query<{ texts: number; last_at: Date | null; marketing: number }>(FACTS, [
      question.customerId,
      midnight,
    ]);
    const decision = checkContact(
      gate,
      {
        at: question.now.getTime(),
        zone: person.zone,
        channel: 'text',
        purpose: PURPOSES[question.purpose],
        role: 'debtor',
        text: question.text,
      },
      {
        ...NEUTRAL_FACTS,
        textsToday: facts?.texts ?? 0,
        touchesToday: facts?.texts ?? 0,
        marketingToday: facts?.marketing ?? 0,
        marketingThisWeek: facts?.marketing ?? 0,
        ...(facts?.last_at ? { lastTextAt: facts.last_at.getTime() } : {}),
      },
    );
    if (decision.kind === 'allow') return { decision: 'allow' };
    return {
      decision: 'deny',
      rule: decision.rule,
      ...(decision.nextAllowedAt === undefined ? {} : { until: new Date(decision.nextAllowedAt) }),
    };
  };
}
