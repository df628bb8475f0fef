/** What can go wrong between "nothing configured" and a running database. */
import { defineErrors } from '../../lib/errors.ts';

/** Rows of the embedded PostgreSQL; `detail` carries the server's own last words. */
export const embeddedErrors = defineErrors({
  'database.platform_unsupported': [500, 'error'],
  'database.no_account': [500, 'error'],
  'database.no_place': [500, 'error'],
  'database.binaries_unusable': [500, 'error'],
  'database.init_failed': [500, 'error'],
  'database.start_failed': [500, 'error'],
  'database.stop_failed': [500, 'error'],
});
