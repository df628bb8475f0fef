import { defineErrors } from '../../lib/errors.ts';

/** Refusals of the applications room. */
export const applicationErrors = defineErrors({
  'application.not_found': [404, 'info'],
  'application.already_submitted': [409, 'info'],
  'application.still_stopped': [409, 'info'],
  'application.consent_withdrawn': [409, 'info'],
  'application.consent_declined': [409, 'info'],
  'application.amount_outside_product': [422, 'info'],
  'approval.not_found': [404, 'info'],
  'approval.unreadable': [409, 'error'],
  'approval.closed': [409, 'info'],
  'approval.stale_revision': [409, 'info'],
  'approval.not_yours': [403, 'info'],
  'approval.own_case': [403, 'warn'],
  'approval.reason_needed': [422, 'info'],
  'approval.unknown_verb': [422, 'info'],
  'approval.successor_needed': [422, 'info'],
  'approval.successor_ambiguous': [422, 'info'],
  'approval.no_person': [403, 'info'],
  'approval.token_of_nobody': [403, 'warn'],
});
