import { defineErrors } from '../../lib/errors.ts';

/** Refusals of the customers room. */
export const customerErrors = defineErrors({
  'customer.not_found': [404, 'info'],
  'customer.invalid_phone': [422, 'info'],
  'customer.invalid_identity_number': [422, 'info'],
  'customer.unknown_zone': [422, 'info'],
  'customer.ambiguous': [409, 'info'],
});
