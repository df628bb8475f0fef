import { defineErrors } from '../../lib/errors.ts';

export const leadErrors = defineErrors({
  'lead.not_found': [404, 'info'],
  'lead.out_of_scope': [403, 'info'],
  'lead.needs_contact': [422, 'info'],
  'lead.invalid_amount': [422, 'info'],
});
