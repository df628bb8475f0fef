/** The contact gate: who may be contacted when, how and with which words. */
export {
  checkContactGate,
  type ContactGateContext,
  contactGateRequest,
  type ContactGateResponse,
} from './check-contact-gate.ts';
export {
  checkContact,
  type ContactChannel,
  type ContactFacts,
  type ContactGate,
  type ContactPurpose,
  type ContactRole,
  type GateDecision,
  NEUTRAL_FACTS,
  type ProposedContact,
} from './gate.ts';
export { parsePolicyFile } from './policy-file.ts';
export {
  type ContactPolicySet,
  type ContactPolicyTexts,
  gateOf,
  installedPolicySet,
  readPolicySet,
} from './policy-store.ts';
export {
  buildPolicies,
  type Policies,
  type PolicyFault,
  type PolicyParams,
  type PolicyRow,
  RULE_IDS,
  type RuleId,
} from './policy.ts';
export { parseWording, type Wording, type WordingFinding } from './wording.ts';
export { isoInZone, zoneClock } from './zone-clock.ts';
