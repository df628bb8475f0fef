/** The stateless check `POST /api/v1/contact-gate/check` (design §10): body in, answer out, no HTTP. */
import { z } from 'zod';
import { dateIn } from '../../../lib/business-date.ts';
import type { FieldFault } from '../../../lib/errors.ts';
import type { Language, Texts } from '../../../lib/i18n.ts';
import { fault, invalidRequest, parseBody } from '../../../lib/request-body.ts';
import {
  checkContact,
  type ContactChannel,
  type ContactFacts,
  type ContactGate,
  type ContactRole,
  NEUTRAL_FACTS,
  type ProposedContact,
} from './gate.ts';
import { policyParams } from './policy-file.ts';
import { gateOf, type ContactPolicySet, installedPolicySet } from './policy-store.ts';
import { LAW_ZONE, type PolicyParams, tighten } from './policy.ts';
import { canonicalZone, isoInZone, zoneClock } from './zone-clock.ts';

/** Names of channels in requests and what they count as. */
const CHANNELS: Readonly<Record<string, ContactChannel>> = {
  voice: 'voice',
  ai: 'voice',
  phone: 'voice',
  call: 'voice',
  aivoice: 'voice',
  aicall: 'voice',
  sms: 'text',
  mms: 'text',
  im: 'text',
  email: 'text',
  wecom: 'text',
  kf: 'text',
  wechat: 'text',
  mail: 'text',
  telegram: 'text',
  slack: 'text',
  push: 'text',
  text: 'text',
  visit: 'visit',
  letter: 'letter',
};
const OPT_OUT_CHANNELS: ReadonlySet<string> = new Set(['sms', 'mms', 'email']);

/** Names of persons in requests and what they count as. */
const ROLES: Readonly<Record<string, ContactRole>> = {
  debtor: 'debtor',
  self: 'debtor',
  borrower: 'debtor',
  coborrower: 'debtor',
  guarantor: 'guarantor',
  contact: 'contact',
  contactperson: 'contact',
  emergencycontact: 'contact',
  thirdparty: 'contact',
  third: 'contact',
  stranger: 'stranger',
  spouse: 'stranger',
  family: 'stranger',
  relative: 'stranger',
  friend: 'stranger',
  colleague: 'stranger',
  employer: 'stranger',
  neighbour: 'stranger',
  other: 'stranger',
  unknown: 'stranger',
};

const EARLIEST = Date.parse('2000-01-01T00:00:00Z');
const LATEST = Date.parse('2100-01-01T00:00:00Z');

const instant = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .refine((at) => at >= EARLIEST && at < LATEST, fault('contact-gate.fault.out_of_range'));
const count = z.int().min(0).max(1_000_000).default(0);
const flag = z.boolean().default(false);
const zone = z
  .string()
  .max(60)
  .transform((text, context): string => {
    const found = canonicalZone(text);
    if (found !== undefined) return found;
    context.addIssue({ code: 'custom', ...fault('contact-gate.fault.unknown_zone') });
    return z.NEVER;
  });

/** The request. What is absent is the lawful neutral: the debtor, collection, nothing done yet, no consent, no refusal. */
export const contactGateRequest = z.strictObject({
  tz: zone.default(LAW_ZONE),
  at: instant,
  channel: named(CHANNELS, 'contact-gate.fault.unknown_channel'),
  purpose: z.enum(['collection', 'reminder', 'marketing', 'service', 'reply']).default('collection'),
  role: named(ROLES, 'contact-gate.fault.unknown_role').default('debtor'),
  history: z
    .strictObject({
      effectiveToday: count,
      unansweredThisNumberToday: count,
      textsToday: count,
      lastTextAt: instant.optional(),
      touchesToday: count,
      marketingToday: count,
      marketingThisWeek: count,
    })
    .optional(),
  thirdPartyDnc: flag,
  unreachableEvidence: flag,
  refused: flag,
  complaintOpen: flag,
  consent: flag,
  text: z.string().max(5000).optional(),
  params: policyParams.optional(),
});

/** The answer. `nextAllowedAt` is absent when waiting does not help. */
export interface ContactGateResponse {
  readonly decision: 'ALLOW' | 'DENY';
  readonly rule?: string;
  readonly reason?: string;
  /** ISO 8601 with the zone's offset. */
  readonly nextAllowedAt?: string;
}

/** What the check needs from its surroundings; the installed policy is used unless one is given. */
export interface ContactGateContext {
  readonly texts: Texts;
  readonly language?: Language;
  readonly policySet?: ContactPolicySet;
}

/**
 * Answers a gate request by the statutory layer, tightened by the request's `params`.
 * @throws AppError `request.invalid` for a body of another shape, an unknown zone, or params that loosen the law.
 */
export function checkContactGate(body: unknown, context: ContactGateContext): ContactGateResponse {
  const language = context.language ?? 'zh-CN';
  const request = parseBody(contactGateRequest, body, context);
  const set = context.policySet ?? installedPolicySet();
  const gate =
    request.params === undefined ? statutoryGate(set) : tightenedGate(set, request.params, request.at, context);
  const decision = checkContact(gate, proposedOf(request), factsOf(request));
  if (decision.kind === 'allow') return { decision: 'ALLOW' };
  return {
    decision: 'DENY',
    rule: decision.rule,
    reason: context.texts.translate(language, `contact-gate.reason.${decision.reason}`, decision.params),
    ...(decision.nextAllowedAt === undefined
      ? {}
      : { nextAllowedAt: isoInZone(decision.nextAllowedAt, zoneClock(request.tz)) }),
  };
}

type Request = z.infer<typeof contactGateRequest>;

function proposedOf(request: Request): ProposedContact {
  return {
    at: request.at,
    zone: request.tz,
    channel: CHANNELS[request.channel] ?? 'voice',
    purpose: request.purpose,
    role: ROLES[request.role] ?? 'stranger',
    carriesOptOut: OPT_OUT_CHANNELS.has(request.channel),
    ...(request.text === undefined ? {} : { text: request.text }),
  };
}

function factsOf(request: Request): ContactFacts {
  const { lastTextAt, ...counts } = request.history ?? {};
  return {
    ...NEUTRAL_FACTS,
    ...counts,
    ...(lastTextAt === undefined ? {} : { lastTextAt }),
    thirdPartyDnc: request.thirdPartyDnc,
    unreachableEvidence: request.unreachableEvidence,
    refused: request.refused,
    complaintOpen: request.complaintOpen,
    consent: request.consent,
  };
}

const gates = new WeakMap<ContactPolicySet, ContactGate>();

function statutoryGate(set: ContactPolicySet): ContactGate {
  const known = gates.get(set);
  if (known !== undefined) return known;
  const made = gateOf(set, 'statutory');
  gates.set(set, made);
  return made;
}

function tightenedGate(
  set: ContactPolicySet,
  params: PolicyParams,
  at: number,
  { texts, language = 'zh-CN' }: ContactGateContext,
): ContactGate {
  const tightened = tighten(set.statutory, dateIn(new Date(at), LAW_ZONE), params);
  if (tightened.ok)
    return { policies: { segments: [{ from: EARLIEST, policy: tightened.policy }] }, wording: set.wording };
  const faults = tightened.faults.map(({ param, code }): FieldFault => ({
    pointer: `/params/${param ?? ''}`,
    code,
    message: texts.translate(language, `contact-gate.fault.${code}`),
  }));
  throw invalidRequest(faults);
}

/** A word of a table, whatever its case and hyphens. */
function named(table: Readonly<Record<string, unknown>>, key: string): z.ZodType<string, string> {
  return z
    .string()
    .max(40)
    .transform((text) => text.toLowerCase().replaceAll(/[\s_-]/gu, ''))
    .refine((text) => Object.hasOwn(table, text), fault(key));
}
