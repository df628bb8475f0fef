import { defineErrors } from '../../lib/errors.ts';

/** Refusals of the leads room. */
export const leadErrors = defineErrors({
  'lead.not_found': [404, 'info'],
  'lead.none_open': [409, 'info'],
  'lead.needs_contact': [422, 'info'],
  'lead.invalid_amount': [422, 'info'],
  'lead.no_asset': [422, 'info'],
  'lead.in_approval': [409, 'info'],
  'lead.given_in_approval': [409, 'info'],
  'lead.cannot_keep': [422, 'info'],
  'lead.takeover_in_approval': [409, 'info'],
});
