import { defineErrors } from '../../lib/errors.ts';

export const consentErrors = defineErrors({
  'consent.required': [403, 'info'],
  'consent.unknown_text': [422, 'info'],
});
