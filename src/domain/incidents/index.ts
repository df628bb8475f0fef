export { listIncidents, resolve, resolveAbout } from './incident-operations.ts';
