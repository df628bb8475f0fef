import { defineErrors } from '../lib/errors.ts';

/** Why the schema could not be brought up to date. `migration` names the folder, `detail` is PostgreSQL's message and line. */
export const migrationErrors = defineErrors({
  'migration.failed': [500, 'error'],
  'migration.failed_before': [500, 'error'],
  'migration.changed': [500, 'error'],
  'migration.locked': [503, 'warn'],
});
