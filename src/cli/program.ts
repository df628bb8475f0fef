/** The verbs of the command `daiban` and their options. What each does is in a file of its own, loaded when it is asked for. */
import { Command, Help } from 'commander';
import { ROLES } from '../config/env.ts';
import { AppError, commonErrors } from '../lib/errors.ts';
import type { Cli } from './index.ts';

type Options = Readonly<Record<string, string | undefined>> & { readonly json?: boolean };
type Work = (cli: Cli) => Promise<number>;
/** What a run brings besides the settings of the environment. */
interface RunOptions {
  readonly json?: boolean;
  readonly overrides?: Readonly<Record<string, string>>;
}

/** What the verbs are made with. */
export interface ProgramParts {
  readonly version: string;
  /** The words of `cli.help.<key>`. */
  readonly say: (key: string) => string;
  /** Runs a verb's work with parsed settings. */
  readonly run: (work: Work, options: RunOptions) => Promise<void>;
}

/** Adds a verb below `parent`: its usage, the text that describes it, its options by key of their text. */
type AddVerb = (
  parent: Command,
  usage: string,
  verb: { readonly help: string; readonly options?: readonly Option[] },
  work: (cli: Cli, options: Options, ...args: string[]) => Promise<number>,
) => void;
interface Option {
  readonly flags: string;
  readonly help: string;
  readonly isNeeded?: boolean;
}

/** The command with all its verbs; usage errors are thrown as CommanderError and printed by nobody. */
export function buildProgram(parts: ProgramParts): Command {
  const { say, run, version } = parts;
  const titles = new Map(['Usage', 'Arguments', 'Options', 'Commands'].map((one) => [`${one}:`, say(`title.${one}`)]));
  const usage = new Help();
  const program = new Command('daiban')
    .description(say('program'))
    .version(version, '-V, --version', say('version'))
    .helpOption('-h, --help', say('help'))
    .helpCommand('help [command]', say('help'))
    .configureHelp({
      styleTitle: (title) => titles.get(title) ?? title,
      commandUsage: (command) =>
        usage
          .commandUsage(command)
          .replace('[options]', `[${say('usage.options')}]`)
          .replace('[command]', `[${say('usage.command')}]`),
    })
    .configureOutput({ outputError: () => undefined })
    .enablePositionalOptions() // an option behind a verb is the verb's: `--version` there is not ours
    .exitOverride();
  program
    .command('start')
    .description(say('start'))
    .option('--roles <list>', `${say('start_roles')} ${ROLES.join(',')}`)
    .action(async ({ roles }: { roles?: string }) => {
      // A setting that is empty counts as not set; an empty list of the command is a wrong one.
      const overrides = roles === undefined ? {} : { ROLES: roles || ',' };
      await run(async (cli) => (await import('./start.ts')).start(cli), { overrides });
    });
  const addVerb: AddVerb = (parent, usage, { help, options = [] }, work) => {
    const command = parent.command(usage).description(say(help));
    for (const option of options) {
      if (option.isNeeded === true) command.requiredOption(option.flags, say(option.help));
      else command.option(option.flags, say(option.help));
    }
    command.option('--json', say('json')).action(async (...args: unknown[]) => {
      const given = args.at(-2) as Options;
      const words = args.slice(0, -2).flat().map(String);
      const named = async (cli: Cli): Promise<number> =>
        work(cli, given, ...words).catch((error: unknown) => {
          throw inWordsOf(command, error);
        });
      await run(named, { json: given.json === true });
    });
  };
  addSystemVerbs(program, parts, addVerb);
  addStaffVerbs(program, parts, addVerb);
  addTokenVerbs(program, parts, addVerb);
  addFlowVerbs(program, parts, addVerb);
  addProductVerbs(program, parts, addVerb);
  return program;
}

/** What an operation calls otherwise than the command does. */
const OPTION_OF: Readonly<Record<string, string>> = { roles: 'role', validDays: 'days' };

/** A refusal that points at what was typed: `--days`, not `/validDays`. */
function inWordsOf({ options, registeredArguments }: Command, error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== commonErrors['request.invalid'].code) return error;
  const faults = error.faults.map((fault) => {
    const member = fault.pointer.split('/')[1] ?? '';
    const option = options.find(({ long }) => long === `--${OPTION_OF[member] ?? member}`)?.long;
    const argument = registeredArguments.find((one) => one.name() === member);
    return { ...fault, pointer: option ?? (argument ? `<${member}>` : fault.pointer) };
  });
  return new AppError(commonErrors['request.invalid'], { params: error.params, faults, cause: error });
}

function addSystemVerbs(program: Command, { say }: ProgramParts, addVerb: AddVerb): void {
  addVerb(program, 'migrate', { help: 'migrate' }, async (cli) => (await import('./admin.ts')).migrateDatabase(cli));
  const local = { flags: '--local', help: 'doctor_local' };
  addVerb(program, 'doctor', { help: 'doctor', options: [local] }, async (cli, options) =>
    (await import('./doctor.ts')).doctor(cli, Boolean(options['local'])),
  );
  const audit = program.command('audit').description(say('audit'));
  addVerb(audit, 'verify', { help: 'audit_verify' }, async (cli) => (await import('./admin.ts')).verifyAuditLog(cli));
  const keys = program.command('keys').description(say('keys'));
  addVerb(keys, 'rotate', { help: 'keys_rotate' }, async (cli) => (await import('./admin.ts')).rotateKeys(cli));
}

const LANGUAGE: Option = { flags: '--language <language>', help: 'staff_language' };
const TEAM: Option = { flags: '--team <team>', help: 'staff_team' };

function addStaffVerbs(program: Command, { say }: ProgramParts, addVerb: AddVerb): void {
  const staff = program.command('staff').description(say('staff'));
  const added: readonly Option[] = [
    { flags: '--name <name>', help: 'staff_name', isNeeded: true },
    { flags: '--role <roles>', help: 'staff_roles', isNeeded: true },
    TEAM,
    LANGUAGE,
    ...['--wecom <userid>', '--slack <id>', '--telegram <id>'].map((flags) => ({ flags, help: 'staff_account' })),
  ];
  addVerb(staff, 'add', { help: 'staff_add', options: added }, async (cli, options) =>
    (await import('./admin.ts')).addStaff(cli, options),
  );
  const changed: readonly Option[] = [
    { flags: '--name <name>', help: 'staff_new_name' },
    { flags: '--role <roles>', help: 'staff_new_roles' },
    TEAM,
    { flags: '--no-team', help: 'staff_no_team' },
    LANGUAGE,
    ...['wecom <userid>', 'slack <id>', 'telegram <id>'].flatMap((place) => [
      { flags: `--${place}`, help: 'staff_new_account' },
      { flags: `--no-${place.split(' ', 1)[0] ?? ''}`, help: 'staff_no_account' },
    ]),
    { flags: '--enable', help: 'staff_enable' },
  ];
  addVerb(staff, 'update <name>', { help: 'staff_update', options: changed }, async (cli, options, who = '') =>
    (await import('./admin.ts')).updateStaff(cli, who, options),
  );
  addVerb(staff, 'list', { help: 'staff_list' }, async (cli) => (await import('./admin.ts')).listStaff(cli));
  addVerb(staff, 'disable <name>', { help: 'staff_disable' }, async (cli, _options, who = '') =>
    (await import('./admin.ts')).disableStaff(cli, who),
  );
}

function addTokenVerbs(program: Command, { say }: ProgramParts, addVerb: AddVerb): void {
  const token = program.command('token').description(say('token'));
  const options: readonly Option[] = [
    { flags: '--name <name>', help: 'token_name', isNeeded: true },
    { flags: '--staff <id>', help: 'token_staff' },
    { flags: '--role <roles>', help: 'token_roles' },
    { flags: '--days <days>', help: 'token_days' },
  ];
  addVerb(token, 'create', { help: 'token_create', options }, async (cli, given) =>
    (await import('./admin.ts')).createToken(cli, given),
  );
  addVerb(token, 'list', { help: 'token_list' }, async (cli) => (await import('./admin.ts')).listTokens(cli));
  addVerb(token, 'revoke <id>', { help: 'token_revoke' }, async (cli, _options, id = '') =>
    (await import('./admin.ts')).revokeToken(cli, id),
  );
}

function addFlowVerbs(program: Command, { say }: ProgramParts, addVerb: AddVerb): void {
  const flows = program.command('flows').description(say('flows'));
  const named = { flags: '--file <file>', help: 'flows_check_file' };
  addVerb(flows, 'check [files...]', { help: 'flows_check', options: [named] }, async (cli, { file }, ...files) =>
    (await import('./flows.ts')).checkFlows(cli, file === undefined ? files : [file, ...files]),
  );
  addVerb(flows, 'list', { help: 'flows_list' }, async (cli) => (await import('./flows.ts')).listFlows(cli));
  addVerb(flows, 'show <name>', { help: 'flows_show' }, async (cli, _options, name = '') =>
    (await import('./flows.ts')).showFlow(cli, name),
  );
  const which: readonly Option[] = [
    { flags: '--file <file>', help: 'flows_publish_file' },
    { flags: '--number <n>', help: 'flows_publish_number' },
  ];
  addVerb(
    flows,
    'publish <name>',
    { help: 'flows_publish', options: which },
    async (cli, { file, number }, name = '') => (await import('./flows.ts')).publishFlow(cli, name, { file, number }),
  );
  const move: readonly Option[] = [
    { flags: '--to <n>', help: 'flows_migrate_to' },
    { flags: '--yes', help: 'flows_migrate_yes' },
  ];
  addVerb(flows, 'migrate <name>', { help: 'flows_migrate', options: move }, async (cli, { to, yes }, name = '') =>
    (await import('./flows.ts')).migrateFlow(cli, name, { to, isConfirmed: Boolean(yes) }),
  );
}

function addProductVerbs(program: Command, { say }: ProgramParts, addVerb: AddVerb): void {
  const products = program.command('products').description(say('products'));
  addVerb(products, 'list', { help: 'products_list' }, async (cli) =>
    (await import('./products.ts')).listProducts(cli),
  );
  addVerb(products, 'example', { help: 'products_example' }, async (cli) =>
    (await import('./products.ts')).exampleProducts(cli),
  );
  addVerb(products, 'publish <file>', { help: 'products_publish' }, async (cli, _options, file = '') =>
    (await import('./products.ts')).publishProducts(cli, file),
  );
  addVerb(products, 'retire <code>', { help: 'products_retire' }, async (cli, _options, code = '') =>
    (await import('./products.ts')).retireProduct(cli, code),
  );
}
