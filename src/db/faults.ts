/** What an error of the database means: whose fault it is, and whether the same work may succeed later. */
import { DatabaseError } from 'pg';
import { ChannelError } from '../channels/channel.ts';
import { defineErrors } from '../lib/errors.ts';

/** What the server lacks, as the person at the terminal is told. */
export const resourceErrors = defineErrors({
  'database.full': [503, 'error'],
  'database.short': [503, 'error'],
});

/** A fault of this process that passes without anything being done about the work: a key it does not have yet. */
export class PassingFault extends Error {}

/** SQLSTATE of a database error, if it is one. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined;
}

/** The SQLSTATE that Prisma wraps into an error of its own. */
function listState(error: unknown): string | undefined {
  const { meta } = (error ?? {}) as {
    readonly meta?: { readonly driverAdapterError?: { readonly cause?: { readonly originalCode?: string } } };
  };
  return meta?.driverAdapterError?.cause?.originalCode;
}

/** Of class 55 only what somebody else holds at this moment; the rest is asked for wrongly. */
const PASSING_STATES = /^(08|40|53|57|55006|55P03)/;
const AWAY_MESSAGES =
  /^(Connection terminated|Client has encountered a connection error|timeout expired|Query read timeout)/;
/** Of ourselves: closed by us, or all our connections are in use. */
const OWN_MESSAGES = /^(Client was closed|Cannot use a pool after|timeout exceeded when trying to connect)/;
/** Of the operating system; and of Prisma, by which lists are read: cannot reach, timed out, closed, no connection free. */
const AWAY_CODES =
  /^(E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOTFOUND|AI_AGAIN)|P(1001|1002|1008|1017|2024|2037))$/;
/** A transaction that was idle for too long: we were slow, the work itself may be fine. */
const IDLE_TRANSACTION = '25P03';

/**
 * Whether the fault lies with the database at this moment and not with what was asked of it: deadlock, shutdown, lost
 * connection, no resources. The same work may succeed later, so it says nothing against an event or a message.
 */
export function isPassing(error: unknown): boolean {
  const state = sqlState(error) ?? listState(error);
  if (state !== undefined) return state === IDLE_TRANSACTION || PASSING_STATES.test(state);
  return error instanceof PassingFault || isAway(error) || (error instanceof Error && OWN_MESSAGES.test(error.message));
}

/**
 * Our own limits (database.ts): query_canceled (an operator may have done that, too), and a transaction that was idle. Of a
 * process that stood still it is told to the transaction that held it up; the others find their connection gone.
 */
const OWN_LIMITS: readonly (string | undefined)[] = ['57014', IDLE_TRANSACTION];

/**
 * As `isPassing`, for work that is taken up again by itself: what our own limits have ended counts against it, or work that
 * always takes so long would be tried for ever before all that waits behind it.
 */
export function isBlameless(error: unknown): boolean {
  return isPassing(error) && !OWN_LIMITS.includes(sqlState(error));
}

/** Connection lost or refused; shut down, crashed, starting up. */
const AWAY_STATES = /^(08|57P0[123])/;

/** Whether the server cannot be reached, or takes nobody. A platform that cannot be has the same codes, and is another matter. */
export function isAway(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return AWAY_STATES.test(state);
  if (!(error instanceof Error) || error instanceof ChannelError) return false;
  return AWAY_CODES.test((error as NodeJS.ErrnoException).code ?? '') || AWAY_MESSAGES.test(error.message);
}

/** Whether the server lacks a resource: disk_full, out_of_memory, too_many_connections and the rest of class 53. */
export function isShort(error: unknown): boolean {
  return sqlState(error)?.startsWith('53') === true;
}

/** Whether what it lacks is room on its disk. */
export function isFull(error: unknown): boolean {
  return sqlState(error) === '53100';
}

/** The state of every statement after the one that failed; that one says why. */
export function isAftermath(error: unknown): boolean {
  return sqlState(error) === '25P02';
}

/** serialization_failure and deadlock_detected: the transaction is undone for certain, and the same work may go through now. */
const CONTENTION = ['40001', '40P01'];

/** Whether the transaction lost against another one over locks: nothing of it is stored, it may be run again at once. */
export function isContention(error: unknown): boolean {
  return CONTENTION.includes(sqlState(error) ?? '');
}

/** The violated constraint's name, if the error is a constraint violation. */
export function violatedConstraint(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.constraint : undefined;
}
