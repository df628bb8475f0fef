/**
 * The contact gate: may this person be contacted now, this way, for this purpose? One pure function over the policy of
 * the moment, the facts and the proposed contact. It answers allow, or deny with the rule and the next instant at which
 * it would be allowed if nothing else happened until then.
 *
 * Asked at the moment of sending, not when a message is planned (lending §0 rule 19).
 */
import { timeText } from '../../../lib/business-date.ts';
import { inWindow, nextPolicyChange, type Policies, type Policy, policyAt, type RuleId } from './policy.ts';
import { AMOUNT_WORD, type Wording } from './wording.ts';
import { DAY_SECONDS, type LocalTime, waitOnClock, type ZoneClock, zoneClock } from './zone-clock.ts';

/** By what means; calls by people and machines count alike, and so do all written channels. */
export type ContactChannel = 'voice' | 'text' | 'visit' | 'letter';
/** What for. `reply` answers what the person has just asked and may come at any hour. */
export type ContactPurpose = 'collection' | 'reminder' | 'marketing' | 'service' | 'reply';
/** To whom: `contact` is a contact person the debtor named, `stranger` anybody else who does not owe the debt. */
export type ContactRole = 'debtor' | 'guarantor' | 'contact' | 'stranger';

/** What is about to happen. */
export interface ProposedContact {
  /** Epoch milliseconds. */
  readonly at: number;
  /** IANA zone in which the person lives. */
  readonly zone: string;
  readonly channel: ContactChannel;
  readonly purpose: ContactPurpose;
  readonly role: ContactRole;
  /** SMS and e-mail carry the opt-out duty of MK-2. */
  readonly carriesOptOut?: boolean;
  readonly text?: string;
}

/** What is known about the person. Counts are of the person's local day (week from Monday) at the proposed instant. */
export interface ContactFacts {
  readonly effectiveToday: number;
  readonly unansweredThisNumberToday: number;
  readonly textsToday: number;
  /** Epoch milliseconds of the last text. */
  readonly lastTextAt?: number;
  readonly touchesToday: number;
  readonly marketingToday: number;
  readonly marketingThisWeek: number;
  /** A third person asked never to be contacted again. */
  readonly thirdPartyDnc: boolean;
  /** It is proven that the debtor cannot be reached, is dead or lacks capacity. */
  readonly unreachableEvidence: boolean;
  /** The person refused: a third person to be asked, anybody to be advertised to. */
  readonly refused: boolean;
  readonly complaintOpen: boolean;
  /** Consent to marketing. */
  readonly consent: boolean;
}

/** Facts of somebody nobody has contacted yet and who has neither agreed nor refused. */
export const NEUTRAL_FACTS: ContactFacts = {
  effectiveToday: 0,
  unansweredThisNumberToday: 0,
  textsToday: 0,
  touchesToday: 0,
  marketingToday: 0,
  marketingThisWeek: 0,
  thirdPartyDnc: false,
  unreachableEvidence: false,
  refused: false,
  complaintOpen: false,
  consent: false,
};

/** What the gate works with. */
export interface ContactGate {
  readonly policies: Policies;
  readonly wording: Wording;
}

/** Allow; or deny with the rule, the text key of the sentence, its values, and when it would be allowed (epoch ms). */
export type GateDecision =
  | { readonly kind: 'allow' }
  | {
      readonly kind: 'deny';
      readonly rule: RuleId | 'NO-POLICY';
      /** Key of the sentence within `contact-gate.reason`. */
      readonly reason: string;
      readonly params: Readonly<Record<string, string | number>>;
      readonly nextAllowedAt?: number;
    };

const ALLOW: GateDecision = { kind: 'allow' };

/** Decides. Pure. @throws RangeError for an unknown zone. */
export function checkContact(gate: ContactGate, contact: ProposedContact, facts: ContactFacts): GateDecision {
  const clock = zoneClock(contact.zone);
  const policy = policyAt(gate.policies, contact.at);
  // Without a policy nothing may go out: an empty rule book is a mistake, not a freedom.
  if (policy === undefined) return { kind: 'deny', rule: 'NO-POLICY', reason: 'NO-POLICY', params: {} };
  const today = clock.localAt(contact.at);
  const forever = lastingDenial(gate, policy, contact, facts);
  if (forever !== undefined) return { kind: 'deny', ...forever };
  const passing = passingDenial(policy, contact, facts, { at: contact.at, local: today, today });
  if (passing === undefined) return ALLOW;
  const { rule, reason, params } = passing;
  const nextAllowedAt = nextAllowed(gate.policies, clock, contact, facts);
  return { kind: 'deny', rule, reason, params, ...(nextAllowedAt === undefined ? {} : { nextAllowedAt }) };
}

interface Denial {
  readonly rule: RuleId;
  readonly reason: string;
  readonly params: Readonly<Record<string, string | number>>;
}

/** A denial that time lifts: until how many wall-clock seconds have passed, or until an instant. */
type PassingDenial = Denial & { readonly until: { readonly seconds: number } | { readonly instant: number } };

function denial(rule: RuleId, reason: string = rule, params: Denial['params'] = {}): Denial {
  return { rule, reason, params };
}

/** What waiting does not mend: who it is, what was refused, what the text says. */
function lastingDenial(
  gate: ContactGate,
  policy: Policy,
  contact: ProposedContact,
  facts: ContactFacts,
): Denial | undefined {
  const { rules } = policy;
  return (
    thirdPersonDenial(rules, contact, facts) ??
    marketingDenial(rules, contact, facts) ??
    (contact.purpose === 'collection' && facts.complaintOpen && rules.has('COL-C1') ? denial('COL-C1') : undefined) ??
    textDenial(gate.wording, rules, contact)
  );
}

function isThirdPerson(role: ContactRole): boolean {
  return role === 'contact' || role === 'stranger';
}

function thirdPersonDenial(rules: Policy['rules'], contact: ProposedContact, facts: ContactFacts): Denial | undefined {
  const { purpose, role } = contact;
  if (!isThirdPerson(role) || purpose === 'marketing' || purpose === 'reply') return undefined;
  if ((facts.thirdPartyDnc || facts.refused) && rules.has('COL-P3')) return denial('COL-P3');
  if (purpose === 'service') return undefined;
  // A reminder is never for third persons; a collection contact only for a named contact person, on evidence.
  if ((role === 'stranger' || purpose === 'reminder') && rules.has('COL-P1')) return denial('COL-P1');
  return !facts.unreachableEvidence && rules.has('COL-P2') ? denial('COL-P2') : undefined;
}

function marketingDenial(rules: Policy['rules'], contact: ProposedContact, facts: ContactFacts): Denial | undefined {
  if (contact.purpose !== 'marketing' || !rules.has('MK-1')) return undefined;
  if (facts.refused || facts.thirdPartyDnc) return denial('MK-1', 'MK-1-refused');
  return facts.consent ? undefined : denial('MK-1');
}

function textDenial(wording: Wording, rules: Policy['rules'], contact: ProposedContact): Denial | undefined {
  const { text, purpose, role } = contact;
  if (text === undefined) return undefined;
  const marketing = purpose === 'marketing';
  const thirdParty = isThirdPerson(role) && !marketing;
  const found = wording.lint(text, { thirdParty, marketing }).find((finding) => rules.has(finding.rule));
  if (found?.word === AMOUNT_WORD) return denial(found.rule, `${found.rule}-amount`);
  // The word is one of our own list, never the person's text.
  if (found !== undefined) return denial(found.rule, found.rule, { word: found.word });
  const needsOptOut = marketing && contact.carriesOptOut === true && rules.has('MK-2');
  return needsOptOut && !wording.hasOptOut(text) ? denial('MK-2') : undefined;
}

/** The instant that is looked at, its local time, and the local time of the proposed instant (whose day is counted). */
interface Moment {
  readonly at: number;
  readonly local: LocalTime;
  readonly today: LocalTime;
}

function passingDenial(
  policy: Policy,
  contact: ProposedContact,
  facts: ContactFacts,
  moment: Moment,
): PassingDenial | undefined {
  if (contact.purpose === 'reply') return undefined;
  const time = contact.purpose === 'marketing' ? marketingHours(policy, moment) : undefined;
  return (
    time ??
    quietHours(policy, moment) ??
    (contact.purpose === 'collection' ? collectionCounts(policy, contact, facts, moment) : undefined) ??
    (contact.purpose === 'marketing' ? marketingCounts(policy, facts, moment) : undefined) ??
    touchBudget(policy, facts, moment)
  );
}

function quietHours({ rules, params }: Policy, { local }: Moment): PassingDenial | undefined {
  const { quietFrom, quietTo } = params;
  if (!rules.has('COL-T1') || quietFrom === undefined || quietTo === undefined) return undefined;
  if (!inWindow(local.second, quietFrom, quietTo)) return undefined;
  const window = { from: clockText(quietFrom), to: clockText(quietTo) };
  return { ...denial('COL-T1', 'COL-T1', window), until: { seconds: secondsUntil(local, quietTo) } };
}

function marketingHours({ rules, params }: Policy, { local }: Moment): PassingDenial | undefined {
  const { marketingFrom, marketingTo } = params;
  if (!rules.has('MK-4') || marketingFrom === undefined || marketingTo === undefined) return undefined;
  if (inWindow(local.second, marketingFrom, marketingTo)) return undefined;
  const window = { from: clockText(marketingFrom), to: clockText(marketingTo) };
  return { ...denial('MK-4', 'MK-4', window), until: { seconds: secondsUntil(local, marketingFrom) } };
}

function collectionCounts(
  { rules, params }: Policy,
  contact: ProposedContact,
  facts: ContactFacts,
  moment: Moment,
): PassingDenial | undefined {
  if (contact.channel === 'text') return textFrequency({ rules, params }, facts, moment);
  if (contact.channel !== 'voice') return undefined;
  const calls = params.maxEffectiveCallsPerDebtorPerDay;
  if (rules.has('COL-F1') && calls !== undefined && onDay(facts.effectiveToday, moment) >= calls) {
    return { ...denial('COL-F1', 'COL-F1', { limit: calls }), until: nextDay(moment) };
  }
  const dials = params.maxUnansweredPerNumberPerDay;
  if (rules.has('COL-F2') && dials !== undefined && onDay(facts.unansweredThisNumberToday, moment) >= dials) {
    return { ...denial('COL-F2', 'COL-F2', { limit: dials }), until: nextDay(moment) };
  }
  return undefined;
}

function textFrequency({ rules, params }: Policy, facts: ContactFacts, moment: Moment): PassingDenial | undefined {
  if (!rules.has('COL-F3')) return undefined;
  const texts = params.maxTextsPerDay;
  if (texts !== undefined && onDay(facts.textsToday, moment) >= texts) {
    return { ...denial('COL-F3', 'COL-F3', { limit: texts }), until: nextDay(moment) };
  }
  const { minTextGapHours } = params;
  if (minTextGapHours === undefined || facts.lastTextAt === undefined) return undefined;
  const instant = facts.lastTextAt + minTextGapHours * 3_600_000;
  if (moment.at >= instant) return undefined;
  return { ...denial('COL-F3', 'COL-F3-gap', { hours: minTextGapHours }), until: { instant } };
}

function marketingCounts({ rules, params }: Policy, facts: ContactFacts, moment: Moment): PassingDenial | undefined {
  if (!rules.has('MK-4')) return undefined;
  const { maxMarketingPerDay: perDay, maxMarketingPerWeek: perWeek } = params;
  if (perWeek !== undefined && inWeek(facts.marketingThisWeek, moment) >= perWeek) {
    const seconds = (7 - weekday(moment.local.day)) * DAY_SECONDS - moment.local.second;
    return { ...denial('MK-4', 'MK-4-week', { limit: perWeek }), until: { seconds } };
  }
  if (perDay !== undefined && onDay(facts.marketingToday, moment) >= perDay) {
    return { ...denial('MK-4', 'MK-4-day', { limit: perDay }), until: nextDay(moment) };
  }
  return undefined;
}

function touchBudget({ rules, params }: Policy, facts: ContactFacts, moment: Moment): PassingDenial | undefined {
  const budget = params.maxTouchesPerDay;
  if (!rules.has('COL-F4') || budget === undefined || onDay(facts.touchesToday, moment) < budget) return undefined;
  return { ...denial('COL-F4', 'COL-F4', { limit: budget }), until: nextDay(moment) };
}

/** A count of today as it will be at the moment: nothing has happened yet on a later day. */
function onDay(countToday: number, { local, today }: Moment): number {
  return local.day === today.day ? countToday : 0;
}

function inWeek(countThisWeek: number, { local, today }: Moment): number {
  return local.day - weekday(local.day) === today.day - weekday(today.day) ? countThisWeek : 0;
}

/** 0 for Monday; day 0 (1970-01-01) was a Thursday. */
function weekday(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

function nextDay({ local }: Moment): { readonly seconds: number } {
  return { seconds: DAY_SECONDS - local.second };
}

function secondsUntil(local: LocalTime, second: number): number {
  const ahead = second - local.second;
  return ahead > 0 ? ahead : ahead + DAY_SECONDS;
}

// Each step ends one denial; a dozen rules that lift one after the other need far fewer. A limit of 0 never lifts.
const MAX_STEPS = 60;

/**
 * The first instant after the proposed one at which nothing denies it any more, if nothing else happens until then;
 * `undefined` when none was found.
 */
function nextAllowed(
  policies: Policies,
  clock: ZoneClock,
  contact: ProposedContact,
  facts: ContactFacts,
): number | undefined {
  const today = clock.localAt(contact.at);
  let at = contact.at;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const policy = policyAt(policies, at);
    const denied = policy && passingDenial(policy, contact, facts, { at, local: clock.localAt(at), today });
    if (denied === undefined) return at;
    const lifted = liftedAt(clock, at, denied);
    // A new policy may lift it earlier.
    at = Math.min(lifted, nextPolicyChange(policies, at) ?? lifted);
  }
  return undefined;
}

function liftedAt(clock: ZoneClock, at: number, denied: PassingDenial): number {
  if ('instant' in denied.until) return denied.until.instant;
  const start = clock.localAt(at);
  const target = start.day * DAY_SECONDS + start.second + denied.until.seconds;
  return waitOnClock(clock, at, (local) => target - (local.day * DAY_SECONDS + local.second));
}

function clockText(second: number): string {
  return timeText({ hour: Math.floor(second / 3600), minute: Math.floor((second % 3600) / 60) });
}
