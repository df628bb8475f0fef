import { defineErrors } from '../../lib/errors.ts';

/** Refusals of the staff room. */
export const staffErrors = defineErrors({
  'staff.not_found': [404, 'info'],
  'staff.identity_taken': [409, 'info'],
  'staff.account_of_customer': [409, 'info'],
  'staff.last_admin': [409, 'info'],
  'staff.no_such_account': [422, 'info'],
  'token.needs_roles': [422, 'info'],
  'token.role_not_theirs': [422, 'info'],
  'token.not_found': [404, 'info'],
});
