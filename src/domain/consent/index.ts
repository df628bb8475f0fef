export { consentErrors } from './consent-errors.ts';
export { grantConsent, listConsents, withdraw } from './consent-operations.ts';
export { consentHash, CONSENT_KEYS, type ConsentKey } from './consent.ts';
export { ensureConsentTexts, hasConsent, hasWithdrawn, holdConsent } from './consent-store.ts';
