/** JSON logs, one line per unit of work. Message text, phones, identity numbers, cards and tokens never belong here. */
import { pino, type Logger } from 'pino';

/** Where lines go; whoever logs gets it, nobody makes his own. */
export type Log = Logger;

const REDACTED = [
  'authorization',
  'cookie',
  'token',
  'secret',
  'text',
  'phone',
  'mobile',
  'idCard',
  'idNo',
  'bankCard',
  'name',
  'body',
  '*.authorization',
  '*.cookie',
  '*.token',
  '*.secret',
  '*.text',
  '*.phone',
  '*.mobile',
  '*.idCard',
  '*.idNo',
  '*.bankCard',
  '*.name',
  '*.body',
];

/** A logger writing to stderr, so that stdout stays for people and `--json`. Each line names what its process does. */
export function createLog(level: string, roles: readonly string[] = []): Log {
  const destination = pino.destination({ dest: 2, sync: false });
  // A full disk costs lines, not the process; and what is left at the end it would try to write for ever.
  destination.on('error', () => {
    destination.flushSync = () => undefined;
  });
  return pino(
    {
      level,
      base: roles.length === 0 ? null : { roles: roles.join(',') },
      redact: { paths: REDACTED, censor: '[redacted]' },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    destination,
  );
}

/** A logger that says nothing. */
export const silentLog: Log = pino({ level: 'silent' });

/** Errors of something that is wrong with the whole process, which has said so. */
const told = new WeakSet<Error>();

/** This error's cause has been told once, for all who meet it. */
export function markTold(error: unknown): void {
  if (error instanceof Error) told.add(error);
}

/** The level of a line about `error`: `debug` where what is wrong has been told already. */
export function levelOf(error: unknown, otherwise: 'warn' | 'error'): 'debug' | 'warn' | 'error' {
  return error instanceof Error && told.has(error) ? 'debug' : otherwise;
}
