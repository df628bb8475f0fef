/** The configured PostgreSQL (`DATABASE_URL`), asked before anything is built on it: there, open to us, new enough. */
import { Client } from 'pg';
import { AppError, defineErrors, errorText } from '../lib/errors.ts';
import { sqlState } from './faults.ts';

/** What can be wrong with it. One that does not answer may be back in a minute: that is no fault of the settings. */
export const configuredErrors = defineErrors({
  'database.unreachable': [503, 'error'],
  'setting.database_unknown': [500, 'error'],
  'setting.database_login': [500, 'error'],
  'setting.database_too_old': [500, 'error'],
});

/** The built-in locale that sorts the same on every machine came with 17. */
const OLDEST_MAJOR = 17;
const PATIENCE_MS = 5_000;
/** invalid_authorization_specification, invalid_password, insufficient_privilege (no right to connect). */
const LOGIN = ['28000', '28P01', '42501'];
/** invalid_catalog_name */
const UNKNOWN = '3D000';

/** @throws AppError a row of `configuredErrors` */
export async function checkConfigured(url: string, oldest = OLDEST_MAJOR): Promise<void> {
  const version = await versionAt(url);
  if (Number.parseInt(version, 10) < oldest)
    throw new AppError(configuredErrors['setting.database_too_old'], { params: { version, oldest } });
}

/** As the server writes it, without the packager's words behind it: `17.6`. */
async function versionAt(url: string): Promise<string> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: PATIENCE_MS });
  client.on('error', () => undefined); // the query in flight reports it
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
    return rows[0]?.server_version.split(' ')[0] ?? '';
  } catch (cause) {
    throw new AppError(configuredErrors[faultOf(cause)], { params: { detail: detailOf(cause) }, cause });
  } finally {
    await client.end().catch(() => undefined);
  }
}

function faultOf(error: unknown): keyof typeof configuredErrors {
  const state = sqlState(error) ?? '';
  if (state === UNKNOWN) return 'setting.database_unknown';
  return LOGIN.includes(state) ? 'setting.database_login' : 'database.unreachable';
}

/** The system's or the server's short word; several addresses that all refuse give an error without a message. */
function detailOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? code : errorText(error);
}
