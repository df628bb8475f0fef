import { defineErrors } from '../../lib/errors.ts';

/** Refusals of the consent room. */
export const consentErrors = defineErrors({
  'consent.required': [403, 'info'],
  'consent.refused': [409, 'info'],
  'consent.unknown_text': [422, 'info'],
});
