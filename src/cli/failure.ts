/** What a command says when it does not do what was asked: to a person on standard error, to a program as JSON on standard output. */
import path from 'node:path';
import { CommanderError } from 'commander';
import { packageRoot, type Env } from '../config/env.ts';
import { isFull, isShort, resourceErrors } from '../db/faults.ts';
import { diskFull, isDiskFull } from '../lib/data-dir.ts';
import { AppError, errorText, faultsIn, type FieldFault } from '../lib/errors.ts';
import { loadTexts, type Language, type Texts } from '../lib/i18n.ts';

/** Wrong settings: BSD sysexits' EX_CONFIG. */
export const EXIT_CONFIG = 78;
/** What was given is wrong. */
export const EXIT_INPUT = 2;

/** A refusal, in the language of the terminal. */
export interface Failure {
  /** As in the API's problem documents: `setting.invalid`, `staff.unknown`. */
  readonly code: string;
  /** What happened and what to do. */
  readonly message: string;
  readonly faults?: readonly FieldFault[];
}

/** Thrown by a verb that cannot find what was meant. */
export class CommandError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.code);
    this.name = 'CommandError';
    this.failure = failure;
  }
}

/** Prints it: its text, or `{ "error": { code, message, faults } }`. */
export function printFailure(failure: Failure, isJson: boolean): void {
  const { code, message, faults = [] } = failure;
  if (isJson) process.stdout.write(`${JSON.stringify({ error: { code, message, faults } })}\n`);
  else process.stderr.write(`✗ ${textOf(failure)}\n`);
}

/** What a person reads of it, with a line for each fault. */
export function textOf({ message, faults = [] }: Failure): string {
  return [message, ...faults.map((fault) => `  ${fault.pointer} ${fault.message}`)].join('\n');
}

/** Where this installation keeps what it stores. */
export type Places = Pick<Env, 'dataDir' | 'DATABASE_URL'>;

/** What is said of an error: what happened, what to do, and each fault. Of a full disk it is said which of `places` it is. */
export function failureOf(thrown: unknown, language: Language, places?: Places): Failure {
  const error = places ? unlessFull(thrown, places) : thrown;
  if (error instanceof CommandError) return error.failure;
  const texts = loadTexts(path.join(packageRoot, 'locales'));
  if (error instanceof CommanderError)
    return { code: `usage.${usageOf(error)}`, message: usageFault(texts, language, error) };
  if (!(error instanceof AppError)) return { code: 'unexpected', message: errorText(error) };
  const sentences = ['title', 'help'].map((part) =>
    texts.translate(language, `error.${error.code}.${part}`, error.params),
  );
  return { code: error.code, message: sentences.join(' '), faults: faultsIn(texts, language, error) };
}

/** An error of the system or the database that says no more than that something has run out, as a refusal that names it. */
function unlessFull(error: unknown, { dataDir, DATABASE_URL: url }: Places): unknown {
  if (isDiskFull(error)) return diskFull(error, dataDir);
  if (!isShort(error)) return error;
  const params = { place: url === undefined ? dataDir : new URL(url).host, detail: errorText(error) };
  return new AppError(resourceErrors[isFull(error) ? 'database.full' : 'database.short'], { params, cause: error });
}

/** The exit code of what failed: a command line's fault, a setting's, an input's, or another. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode;
  if (error instanceof CommandError) return EXIT_INPUT;
  if (!(error instanceof AppError)) return 1;
  if (error.code.startsWith('setting.')) return EXIT_CONFIG;
  return error.status === 422 || error.status === 404 ? EXIT_INPUT : 1; // a name that nothing has is a wrong input too
}

function usageOf({ code }: CommanderError): string {
  return code.replace('commander.', '');
}

/** What is wrong with a command line; the library says it in English only, what it names stands in quotes. */
function usageFault(texts: Texts, language: Language, error: CommanderError): string {
  const key = `cli.usage.${usageOf(error)}`;
  if (!texts.has(language, key)) return error.message;
  const name = /'([^']*)'/.exec(error.message)?.[1] ?? '';
  const meant = /Did you mean (?:one of )?(.+?)\?\)/.exec(error.message)?.[1];
  const sentences = [
    texts.translate(language, key, { name }),
    ...(meant === undefined ? [] : [texts.translate(language, 'cli.usage.meant', { names: meant })]),
    texts.translate(language, 'cli.usage.help'),
  ];
  return sentences.join(' ');
}
