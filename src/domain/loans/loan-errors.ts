import { defineErrors } from '../../lib/errors.ts';

/** Refusals of the loans room. */
export const loanErrors = defineErrors({
  'loan.not_found': [404, 'info'],
  'loan.application_not_approved': [409, 'warn'],
  'loan.consent_withdrawn': [409, 'warn'],
  'loan.consent_declined': [409, 'warn'],
  'payment.invalid_amount': [422, 'info'],
  'payment.external_id_reused': [409, 'warn'],
  'payment.in_future': [422, 'info'],
  'payment.before_loan': [422, 'info'],
  'payment.not_found': [404, 'info'],
  'payment.already_reversed': [409, 'warn'],
  'payment.reversed_before_paid': [422, 'info'],
});
