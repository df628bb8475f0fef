/** JSON logs, one line per unit of work. Message text, phones, identity numbers, cards and tokens never belong here. */
import { pino, type Logger } from 'pino';

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

/** A logger writing to stderr, so that stdout stays for people and `--json`. */
export function createLog(level: string): Log {
  return pino(
    { level, base: null, redact: { paths: REDACTED, censor: '[redacted]' }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: false }),
  );
}

/** A logger that says nothing. */
export const silentLog: Log = pino({ level: 'silent' });
