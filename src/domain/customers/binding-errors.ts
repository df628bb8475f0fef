import { defineErrors } from '../../lib/errors.ts';

/** Refusals of binding a chat account to a customer. */
export const bindingErrors = defineErrors({
  'binding.no_phone': [409, 'info'],
  'binding.link_unknown': [404, 'info'],
  'binding.link_used': [409, 'info'],
  'binding.link_expired': [410, 'info'],
  'binding.no_link': [409, 'info'],
  'binding.not_own_contact': [422, 'info'],
  'binding.too_many_tries': [429, 'warn'],
  'binding.staff_account': [403, 'info'],
  'binding.other_customer': [409, 'warn'],
});
