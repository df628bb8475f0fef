export { incidentErrors } from './incident-errors.ts';
export { listIncidents, resolve } from './incident-operations.ts';
