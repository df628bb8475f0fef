/** The command `daiban`: one verb per file, exit code 0 only on success, errors say what to do. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CommanderError } from 'commander';
import { packageRoot, parseEnv, terminalLanguage, type Env } from '../config/env.ts';
import { AppError, errorText, faultsIn } from '../lib/errors.ts';
import { loadTexts, type Language, type Texts } from '../lib/i18n.ts';
import { buildProgram } from './program.ts';

/** Wrong settings: BSD sysexits' EX_CONFIG. */
const EXIT_CONFIG = 78;
const EXIT_INPUT = 2;

/** One command line as its verb sees it; `out` is standard output, and JSON when `json`. */
export interface Cli {
  readonly env: Env;
  readonly version: string;
  readonly json: boolean;
  out(line: string): void;
}

type Source = Readonly<Record<string, string | undefined>>;

/** Runs one command line; gives the exit code. */
export async function runCommand(argv: readonly string[], source: Source): Promise<number> {
  const state = { code: 0 };
  const texts = loadTexts(path.join(packageRoot, 'locales'));
  const language = terminalLanguage(source);
  const version = packageVersion();
  const program = buildProgram({
    version,
    say: (key) => texts.translate(language, `cli.help.${key}`),
    run: async (work, { json = false, overrides = {} }) => {
      const env = settings({ ...source, ...overrides });
      const out = (line: string): void => void process.stdout.write(`${line}\n`);
      state.code = env ? await work({ env, version, json, out }) : EXIT_CONFIG;
    },
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      if (!SHOWN.has(error.code)) print(`✗ ${usageFault(texts, language, error)}`);
      return error.exitCode;
    }
    print(`✗ ${describe(error, language)}`);
    return exitCodeOf(error);
  }
  return state.code;
}

/** What a person at the terminal reads of an error: what happened, what to do, and each fault. */
export function describe(error: unknown, language: Language): string {
  if (!(error instanceof AppError)) return errorText(error);
  const texts = loadTexts(path.join(packageRoot, 'locales'));
  const faults = faultsIn(texts, language, error)
    .map((fault) => `\n  ${fault.pointer} ${fault.message}`)
    .join('');
  const sentences = ['title', 'help'].map((part) =>
    texts.translate(language, `error.${error.code}.${part}`, error.params),
  );
  return `${sentences.join(' ')}${faults}`;
}

/** The exit code of what failed: a setting's fault, an input's, or another. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof AppError)) return 1;
  if (error.code.startsWith('setting.')) return EXIT_CONFIG;
  return error.status === 422 ? EXIT_INPUT : 1;
}

/** Ends of a command line that have printed what was asked for. */
const SHOWN: ReadonlySet<string> = new Set(['commander.help', 'commander.helpDisplayed', 'commander.version']);

/** What is wrong with a command line; the library says it in English only, what it names stands in quotes. */
function usageFault(texts: Texts, language: Language, { code, message }: CommanderError): string {
  const key = `cli.usage.${code.replace('commander.', '')}`;
  if (!texts.has(language, key)) return message;
  const name = /'([^']*)'/.exec(message)?.[1] ?? '';
  const meant = /Did you mean (?:one of )?(.+?)\?\)/.exec(message)?.[1];
  const sentences = [
    texts.translate(language, key, { name }),
    ...(meant === undefined ? [] : [texts.translate(language, 'cli.usage.meant', { names: meant })]),
    texts.translate(language, 'cli.usage.help'),
  ];
  return sentences.join(' ');
}

function print(line: string): void {
  process.stderr.write(`${line}\n`);
}

function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}

/** Parses settings or prints all faults at once. */
function settings(source: Source): Env | undefined {
  const result = parseEnv(source);
  if (result.ok) return result.env;
  for (const fault of result.faults) print(`✗ ${fault}`);
  return undefined;
}

/** Roles given as a comma list. */
export function rolesOf(text: string): readonly string[] {
  return text.split(',').map((role) => role.trim());
}
