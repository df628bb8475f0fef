/** The contact gate at the moment of sending: law and company rules, with the facts of the day. */
import type { Ctx, Services } from '../../core/operations/context.ts';
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
import { isOverseas, type ConsentAnswer } from './consent.ts';
import { answerTo } from './consent-store.ts';

/** The kinds of to-dos that are a customer's complaint, or a loan he says is not his. */
export const COMPLAINTS: readonly string[] = ['customer_complaint', 'customer_disputed'];

/** As SQL: whether this customer has such a one that is open: it is while it is on anybody's list. */
export function hasOpenComplaint(customerId: string): string {
  return `EXISTS (SELECT 1 FROM todos WHERE kind IN (${COMPLAINTS.map((kind) => `'${kind}'`).join()}) AND subject_id = ${customerId} AND done_at IS NULL)`;
}

// What nobody can tell about counts as sent (design §12). It counts on the day it went out, also when it was written earlier
// and had to wait; `at` only keeps old partitions out. The last one may have gone out before this Monday: a gap between two
// texts, at most a week, knows no calendar.
const FACTS = statement(
  'gate-facts',
  `SELECT (count(*) FILTER (WHERE settled_at >= $2))::int AS texts, max(settled_at) AS last_at,
     (count(*) FILTER (WHERE purpose = 'MARKETING' AND settled_at >= $2))::int AS marketing_today,
     (count(*) FILTER (WHERE purpose = 'MARKETING' AND settled_at >= $3))::int AS marketing_this_week,
     ${hasOpenComplaint('$1')} AS complaint_open
   FROM outbox
   WHERE customer_id = $1 AND at >= $3::timestamptz - interval '7 days' AND settled_at >= least($3, $4::timestamptz - interval '7 days') AND state IN ('SENT', 'UNKNOWN') AND purpose IN ('SERVICE', 'COLLECTION', 'MARKETING')`,
);
const PERSON = statement(
  'gate-person',
  `SELECT zone, ${answerTo('c.id', `'personal-information'`)} AS handling, ${answerTo('c.id', `'cross-border'`)} AS abroad FROM customers c WHERE id = $1`,
);

const CHAT = statement(
  'gate-chat',
  `SELECT account, ${answerTo('$1::uuid', `'cross-border'`)} AS abroad FROM identities WHERE id = $2`,
);

interface PersonRow {
  readonly zone: string;
  /** His answer to the handling of his data, and to their transfer abroad; null while he was never asked. */
  readonly handling: ConsentAnswer | null;
  readonly abroad: ConsentAnswer | null;
}

interface FactsRow {
  readonly texts: number;
  readonly last_at: Date | null;
  readonly marketing_today: number;
  readonly marketing_this_week: number;
  readonly complaint_open: boolean;
}

const NO_BORDER_CONSENT = 'CONSENT-CROSS-BORDER';
const WITHDRAWN = 'CONSENT-WITHDRAWN';
const DECLINED = 'CONSENT-DECLINED';
/** The rules that end a message because the customer has not agreed, or no longer: it has to reach him another way. */
export const NO_CONSENT: ReadonlySet<string> = new Set([NO_BORDER_CONSENT, WITHDRAWN, DECLINED]);
/** The rule that ends a demand while a complaint of the customer is open. */
export const COMPLAINT_OPEN = 'COL-C1';

const PURPOSES: Readonly<Record<Purpose, ContactPurpose>> = {
  STAFF: 'reply',
  ANSWER: 'reply',
  SERVICE: 'reminder',
  COLLECTION: 'collection',
  MARKETING: 'marketing',
};

/** The gate over both layers, statutory and company (design §9), and over what the customer has agreed to. */
export function createContactGate(services: Pick<Services, 'leavesCountry'>): SendGate {
  let gate: ContactGate | undefined;
  return async (tx, question) => {
    gate ??= gateOf(installedPolicySet(), 'both');
    const [person] = await tx.query<PersonRow>(PERSON, [question.customerId]);
    if (!person) return { decision: 'deny', rule: 'NO-PERSON' };
    const missing = missingConsent(person, question.account, services);
    if (missing !== undefined) return { decision: 'deny', rule: missing };
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

/**
 * Whoever refuses that his data are handled hears nothing of our own accord; nothing of him goes abroad before he has agreed
 * to that. On a look-alike nothing leaves and he is not asked, but a refusal is a refusal there too.
 */
function missingConsent(
  { handling, abroad }: PersonRow,
  account: string,
  services: Pick<Services, 'leavesCountry'>,
): string | undefined {
  if (handling === 'withdrawn') return WITHDRAWN;
  if (handling === 'declined') return DECLINED;
  return isKeptFrom(account, abroad, services) ? NO_BORDER_CONSENT : undefined;
}

function isKeptFrom(account: string, abroad: ConsentAnswer | null, services: Pick<Services, 'leavesCountry'>): boolean {
  if (!isOverseas(account) || abroad === 'given') return false;
  return abroad !== null || services.leavesCountry(account);
}

/** Whether what is the customer's may not be said in this chat of his, even when he asks: it lies abroad, and he has not agreed to that. */
export async function isKeptFromChat(
  { tx, services }: Pick<Ctx, 'tx' | 'services'>,
  { id, identityId }: { readonly id: string; readonly identityId: string },
): Promise<boolean> {
  const [chat] = await tx.query<{ account: string; abroad: ConsentAnswer | null }>(CHAT, [id, identityId]);
  return chat !== undefined && isKeptFrom(chat.account, chat.abroad, services);
}

/** What the customer has got from us so far, counted in days and weeks (from Monday) of his own zone, and whether he complains. */
export async function contactFacts(
  tx: Tx,
  customerId: string,
  { now, zone }: { readonly now: Date; readonly zone: string },
): Promise<ContactFacts> {
  const today = dateIn(now, zone);
  const monday = addDays(today, -((dayNumber(today) + 3) % 7)); // day 0, 1 January 1970, was a Thursday
  const [midnight, weekStart] = [today, monday].map((date) => instantOf(date, { hour: 0 }, zone));
  const [facts] = await tx.query<FactsRow>(FACTS, [customerId, midnight, weekStart, now]);
  return {
    ...NEUTRAL_FACTS,
    textsToday: facts?.texts ?? 0,
    touchesToday: facts?.texts ?? 0,
    marketingToday: facts?.marketing_today ?? 0,
    marketingThisWeek: facts?.marketing_this_week ?? 0,
    complaintOpen: facts?.complaint_open ?? false,
    ...(facts?.last_at ? { lastTextAt: facts.last_at.getTime() } : {}),
  };
}
