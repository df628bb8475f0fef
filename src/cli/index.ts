/** The command `daiban`: one verb per file, exit code 0 only on success, errors say what to do. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CommanderError } from 'commander';
import { packageRoot, parseEnv, terminalLanguage, type Env } from '../config/env.ts';
import type { FieldFault } from '../lib/errors.ts';
import { loadTexts } from '../lib/i18n.ts';
import { EXIT_CONFIG, exitCodeOf, failureOf, printFailure } from './failure.ts';
import { buildProgram } from './program.ts';

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
  const state: { code: number; env?: Env | undefined } = { code: 0 };
  const texts = loadTexts(path.join(packageRoot, 'locales'));
  const language = terminalLanguage(source);
  const version = packageVersion();
  const program = buildProgram({
    version,
    say: (key) => texts.translate(language, `cli.help.${key}`),
    run: async (work, { json = false, overrides = {} }) => {
      const env = (state.env = settings({ ...source, ...overrides }, json));
      const out = (line: string): void => void process.stdout.write(`${line}\n`);
      state.code = env ? await work({ env, version, json, out }) : EXIT_CONFIG;
    },
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    const isShown = error instanceof CommanderError && SHOWN.has(error.code);
    if (!isShown) printFailure(failureOf(error, language, state.env), argv.includes('--json'));
    return exitCodeOf(error);
  }
  return state.code;
}

/** Ends of a command line that have printed what was asked for. */
const SHOWN: ReadonlySet<string> = new Set(['commander.help', 'commander.helpDisplayed', 'commander.version']);

function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}

/** Parses settings or prints all faults at once. */
function settings(source: Source, isJson: boolean): Env | undefined {
  const result = parseEnv(source);
  if (result.ok) return result.env;
  const code = 'setting.invalid';
  if (!isJson) for (const message of result.faults) printFailure({ code, message }, isJson);
  else printFailure({ code, message: result.faults.join('\n'), faults: result.faults.map(settingFault) }, isJson);
  return undefined;
}

/** A setting's fault, `NAME cure`, as a program reads it. */
function settingFault(fault: string): FieldFault {
  const [pointer = '', ...cure] = fault.split(' ');
  return { pointer, code: 'invalid', message: cure.join(' ') };
}

/** Roles given as a comma list. */
export function rolesOf(text: string): readonly string[] {
  return text.split(',').map((role) => role.trim());
}
