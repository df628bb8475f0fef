export { consentErrors } from './consent-errors.ts';
export { declineConsent, grantConsent, listConsents, withdraw } from './consent-operations.ts';
export { consentHash, CONSENT_KEYS, isOverseas, type Refusal } from './consent.ts';
export { mayAdd, noConsentFor, requireConsent } from './handling.ts';
export { COMPLAINT_OPEN, COMPLAINTS, hasOpenComplaint, isKeptFromChat, NO_CONSENT } from './send-gate.ts';
export { ensureConsentTexts, hasConsent, holdConsent, lacksBorderConsent, refusalOf } from './consent-store.ts';
