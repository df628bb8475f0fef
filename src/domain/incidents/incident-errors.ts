import { defineErrors } from '../../lib/errors.ts';

export const incidentErrors = defineErrors({
  'incident.not_found': [404, 'info'],
});
