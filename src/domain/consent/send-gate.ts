/** The contact gate at the moment of sending: law and company rules, with the facts of the day. */
import type { Purpose } from '../../core/operations/effects.ts';
import { statement, type Tx } from '../../db/database.ts';
import { addDays, dateIn, dayNumber, instantOf } from '../../lib/business-date.ts';
import type { SendGate } from '../../outbox/gate.ts';
import {
  checkContact,
  gateOf,
  installedPolicySet,
  NEUTRAL_FACTS,
  type ContactFacts,
  type ContactGate,
  type ContactPurpose,
} from './contact-gate/index.ts';

// What nobody can tell about counts as sent (design §12). It counts on the day it went out, also when it was written earlier
// and had to wait; `at` only keeps old partitions out.
const FACTS = statement(
  'gate-facts',
  `SELECT (count(*) FILTER (WHERE settled_at >= $2))::int AS texts, max(settled_at) AS last_at,
     (count(*) FILTER (WHERE purpose = 'MARKETING' AND settled_at >= $2))::int AS marketing_today,
     (count(*) FILTER (WHERE purpose = 'MARKETING'))::int AS marketing_this_week
   FROM outbox
   WHERE customer_id = $1 AND at >= $3::timestamptz - interval '7 days' AND settled_at >= $3 AND state IN ('SENT', 'UNKNOWN') AND purpose IN ('SERVICE', 'COLLECTION', 'MARKETING')`,
);
const PERSON = statement(
  'gate-person',
  `SELECT zone, ARRAY(SELECT text_key FROM consents WHERE customer_id = c.id GROUP BY text_key HAVING bool_and(withdrawn_at IS NOT NULL)) AS withdrawn
   FROM customers c WHERE id = $1`,
);

interface PersonRow {
  readonly zone: string;
  /** Consents that were given once and are taken back. */
  readonly withdrawn: readonly string[];
}

interface FactsRow {
  readonly texts: number;
  readonly last_at: Date | null;
  readonly marketing_today: number;
  readonly marketing_this_week: number;
}

/** Slack and Telegram keep their servers abroad (design §12 "Privacy"). */
const ABROAD: ReadonlySet<string> = new Set(['slack', 'telegram']);

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
    const [person] = await tx.query<PersonRow>(PERSON, [question.customerId]);
    if (!person) return { decision: 'deny', rule: 'NO-PERSON' };
    if (hasTakenBack(person, question.platform)) return { decision: 'deny', rule: 'CONSENT-WITHDRAWN' };
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
      await contactFacts(tx, question.customerId, { now: question.now, zone: person.zone }),
    );
    if (decision.kind === 'allow') return { decision: 'allow' };
    return {
      decision: 'deny',
      rule: decision.rule,
      ...(decision.nextAllowedAt === undefined ? {} : { until: new Date(decision.nextAllowedAt) }),
    };
  };
}

/** Whoever takes back that his data are handled hears nothing of our own accord; that they go abroad, nothing through there. */
function hasTakenBack({ withdrawn }: PersonRow, platform: string): boolean {
  return withdrawn.includes('personal-information') || (withdrawn.includes('cross-border') && ABROAD.has(platform));
}

/** What the customer has got from us so far, counted in days and weeks (from Monday) of his own zone. */
export async function contactFacts(
  tx: Tx,
  customerId: string,
  { now, zone }: { readonly now: Date; readonly zone: string },
): Promise<ContactFacts> {
  const today = dateIn(now, zone);
  const monday = addDays(today, -((dayNumber(today) + 3) % 7)); // day 0, 1 January 1970, was a Thursday
  const [midnight, weekStart] = [today, monday].map((date) => instantOf(date, { hour: 0 }, zone));
  const [facts] = await tx.query<FactsRow>(FACTS, [customerId, midnight, weekStart]);
  return {
    ...NEUTRAL_FACTS,
    textsToday: facts?.texts ?? 0,
    touchesToday: facts?.texts ?? 0,
    marketingToday: facts?.marketing_today ?? 0,
    marketingThisWeek: facts?.marketing_this_week ?? 0,
    ...(facts?.last_at ? { lastTextAt: facts.last_at.getTime() } : {}),
  };
}
