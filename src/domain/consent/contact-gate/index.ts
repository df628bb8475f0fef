/** The contact gate: who may be contacted when, how and with which words. */
export { checkContactGate, contactGateRequest } from './check-contact-gate.ts';
export {
  checkContact,
  type ContactFacts,
  type ContactGate,
  type ContactPurpose,
  NEUTRAL_FACTS,
  type ProposedContact,
} from './gate.ts';
export { parsePolicyFile } from './policy-file.ts';
export { gateOf, installedPolicySet, readPolicySet } from './policy-store.ts';
export { buildPolicies, type PolicyRow } from './policy.ts';
export { parseWording } from './wording.ts';
export { isoInZone, zoneClock } from './zone-clock.ts';
