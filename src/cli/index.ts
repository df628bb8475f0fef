/** The command `daiban`: one verb per file, exit code 0 only on success, errors say what to do. */
import { Command, CommanderError } from 'commander';
import { parseEnv, ROLES, type Env, type ProcessRole } from '../config/env.ts';
import { AppError, errorText, faultsIn } from '../lib/errors.ts';
import { loadTexts } from '../lib/i18n.ts';
import path from 'node:path';
import { packageRoot } from '../config/env.ts';
import { readFileSync } from 'node:fs';

/** Wrong settings: BSD sysexits' EX_CONFIG. */
export const EXIT_CONFIG = 78;

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
  const program = buildProgram(source, (code) => {
    state.code = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    print(`✗ ${describe(error)}`);
    return error instanceof AppError && error.status === 422 ? 2 : 1;
  }
  return state.code;
}

/** What a person at the terminal reads of an error: what happened, what to do, and each fault. */
export function describe(error: unknown): string {
  if (!(error instanceof AppError)) return errorText(error);
  const texts = loadTexts(path.join(packageRoot, 'locales'));
  const faults = faultsIn(texts, 'zh-CN', error)
    .map((fault) => `\n  ${fault.pointer} ${fault.message}`)
    .join('');
  return `${texts.translate('zh-CN', `error.${error.code}.title`, error.params)} ${texts.translate('zh-CN', `error.${error.code}.help`, error.params)}${faults}`;
}

function print(line: string): void {
  process.stderr.write(`${line}\n`);
}

function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}

/** Parses settings or prints all faults at once. */
function settings(source: Source, overrides: Source, finish: (code: number) => void): Env | undefined {
  const result = parseEnv({ ...source, ...overrides });
  if (result.ok) return result.env;
  for (const fault of result.faults) print(`✗ ${fault}`);
  finish(EXIT_CONFIG);
  return undefined;
}

function buildProgram(source: Source, finish: (code: number) => void): Command {
  const program = new Command('daiban')
    .description('贷伴: a bot server for loan brokers and micro-lenders')
    .version(packageVersion())
    .exitOverride();
  const cliOf = (json: boolean, overrides: Source = {}): Cli | undefined => {
    const env = settings(source, overrides, finish);
    return env && { env, version: packageVersion(), json, out: (line) => process.stdout.write(`${line}\n`) };
  };
  program
    .command('start')
    .description('run the server')
    .option('--roles <list>', `what this process does: ${ROLES.join(',')}`)
    .action(async (options: { roles?: string }) => {
      const cli = cliOf(false, options.roles === undefined ? {} : { ROLES: options.roles });
      if (cli) finish(await (await import('./start.ts')).start(cli));
    });
  addVerbs(program, cliOf, finish);
  return program;
}

const ROLE_LIST = 'sales, team_lead, reviewer, approver, collector, manager, compliance, admin (comma list)';

type CliOf = (json: boolean) => Cli | undefined;
type Options = Readonly<Record<string, string | undefined>> & { readonly json?: boolean };

type AddVerb = (command: Command, run: (cli: Cli, options: Options, ...args: string[]) => Promise<number>) => void;

function addVerbs(program: Command, cliOf: CliOf, finish: (code: number) => void): void {
  const verb: AddVerb = (command, run) => {
    command.option('--json', 'machine-readable output').action(async (...args: unknown[]) => {
      const options = args.at(-2) as Options;
      const cli = cliOf(options.json === true);
      if (cli) finish(await run(cli, options, ...args.slice(0, -2).flat().map(String)));
    });
  };
  verb(program.command('migrate').description('bring the database up to date'), async (cli) =>
    (await import('./admin.ts')).migrateDatabase(cli),
  );
  verb(
    program
      .command('doctor')
      .option('--local', 'only the database: the health check of a container')
      .description('check this installation and say what to do'),
    async (cli, options) => (await import('./doctor.ts')).doctor(cli, Boolean(options['local'])),
  );
  addStaffVerbs(program, verb);
  const token = program.command('token').description('API tokens');
  verb(
    token
      .command('create')
      .requiredOption('--name <name>')
      .option('--staff <id>', 'id or name of the person the token acts as')
      .option('--role <roles>')
      .option('--days <days>'),
    async (cli, options) => (await import('./admin.ts')).createToken(cli, options),
  );
  verb(token.command('list'), async (cli) => (await import('./admin.ts')).listTokens(cli));
  verb(token.command('revoke <id>'), async (cli, _options, id) =>
    (await import('./admin.ts')).revokeToken(cli, id ?? ''),
  );
  const flows = program.command('flows').description('flow files and versions');
  verb(
    flows.command('check [files...]').option('--file <file>', 'the same as naming the file'),
    async (cli, { file }, ...files) =>
      (await import('./flows.ts')).checkFlows(cli, file === undefined ? files : [file, ...files]),
  );
  verb(flows.command('list'), async (cli) => (await import('./flows.ts')).listFlows(cli));
  verb(flows.command('show <name>'), async (cli, _options, name) =>
    (await import('./flows.ts')).showFlow(cli, name ?? ''),
  );
  verb(
    flows
      .command('publish <name>')
      .option('--file <file>', 'the version of exactly this file')
      .option('--number <n>', 'this version, e.g. the one before, to go back to it'),
    async (cli, { file, number }, name) => (await import('./flows.ts')).publishFlow(cli, name ?? '', { file, number }),
  );
  verb(
    flows
      .command('migrate <name>')
      .description('say what moving running cases to another version would do; --yes does it')
      .option('--to <n>', 'this version instead of the live one')
      .option('--yes', 'move them'),
    async (cli, { to, yes }, name) =>
      (await import('./flows.ts')).migrateFlow(cli, name ?? '', { to, isConfirmed: Boolean(yes) }),
  );
  const products = program.command('products').description('what is on offer');
  verb(products.command('list'), async (cli) => (await import('./products.ts')).listProducts(cli));
  verb(products.command('example').description('a file to start from'), async (cli) =>
    (await import('./products.ts')).exampleProducts(cli),
  );
  verb(products.command('publish <file>'), async (cli, _options, file) =>
    (await import('./products.ts')).publishProducts(cli, file ?? ''),
  );
  verb(products.command('retire <code>'), async (cli, _options, code) =>
    (await import('./products.ts')).retireProduct(cli, code ?? ''),
  );
  const audit = program.command('audit').description('the audit log');
  verb(audit.command('verify'), async (cli) => (await import('./admin.ts')).verifyAuditLog(cli));
  const keys = program.command('keys').description('encryption keys');
  verb(keys.command('rotate'), async (cli) => (await import('./admin.ts')).rotateKeys(cli));
}

function addStaffVerbs(program: Command, verb: AddVerb): void {
  const staff = program.command('staff').description('people who work here');
  verb(
    staff
      .command('add')
      .requiredOption('--name <name>')
      .requiredOption('--role <roles>', ROLE_LIST)
      .option('--team <team>')
      .option('--language <language>', 'zh-CN or en')
      .option('--wecom <userid>')
      .option('--slack <id>')
      .option('--telegram <id>'),
    async (cli, options) => (await import('./admin.ts')).addStaff(cli, options),
  );
  verb(
    staff
      .command('update <name>')
      .description('by name or id; what is not named stays as it is')
      .option('--name <name>')
      .option('--role <roles>', `all roles from now on: ${ROLE_LIST}`)
      .option('--team <team>')
      .option('--no-team', 'out of his team')
      .option('--language <language>', 'zh-CN or en')
      .option('--wecom <userid>', 'his one account there from now on')
      .option('--no-wecom', 'take it away')
      .option('--slack <id>')
      .option('--no-slack')
      .option('--telegram <id>')
      .option('--no-telegram')
      .option('--enable', 'let somebody who was disabled in again'),
    async (cli, options, who) => (await import('./admin.ts')).updateStaff(cli, who ?? '', options),
  );
  verb(staff.command('list'), async (cli) => (await import('./admin.ts')).listStaff(cli));
  verb(staff.command('disable <id>'), async (cli, _options, id) =>
    (await import('./admin.ts')).disableStaff(cli, id ?? ''),
  );
}

/** Roles given as a comma list. */
export function rolesOf(text: string): readonly string[] {
  return text.split(',').map((role) => role.trim());
}

export type { ProcessRole };
