export { incidentErrors } from './incident-errors.ts';
export { listIncidents, resolve, resolveAbout } from './incident-operations.ts';
