import { defineErrors } from '../../lib/errors.ts';

/** Refusals of the incidents room. */
export const incidentErrors = defineErrors({
  'incident.not_found': [404, 'info'],
});
