/** What every command needs, built once: database, keys, texts, flows, operations. No server, no loops. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { REPORTS } from './channels/channel.ts';
import { accountsOf, type ChannelSettings } from './channels/index.ts';
import { packageRoot, type Env } from './config/env.ts';
import { masterKey, type MasterKeyResult } from './config/master-key.ts';
import { AnchorFile } from './core/audit/anchor-file.ts';
import type { Services } from './core/operations/context.ts';
import type { Registry } from './core/operations/operation.ts';
import { catalogueOf, checkFlowFiles, readFlowFiles, seedFlows } from './core/runtime/flow-seed.ts';
import { Flows } from './core/runtime/flows.ts';
import { readTimes, type UnitDeps, type WakeTopic } from './core/unit/unit.ts';
import { checkConfigured } from './db/configured.ts';
import { platformOf } from './db/conversations.ts';
import { Database } from './db/database.ts';
import { openDatabase } from './db/embedded/index.ts';
import { Keyring, masterKeyId, UnknownMasterKey, type MasterKeys } from './db/keyring.ts';
import { migrate } from './db/migrate.ts';
import { namesOfCustomers } from './domain/customers/index.ts';
import { domainParts, type DomainParts } from './domain-parts.ts';
import { businessNow, ensurePartitions } from './jobs/clock.ts';
import { systemClock } from './lib/clock.ts';
import { closeInOrder } from './lib/closing.ts';
import { DiskFileStore } from './lib/file-store.ts';
import { loadTexts, type Texts } from './lib/i18n.ts';
import { newId } from './lib/ids.ts';
import { createLog, type Log } from './lib/log.ts';
import { createRegistry } from './operations.ts';

/** With what a process of the product is started. */
export interface AppOptions {
  readonly env: Env;
  readonly version: string;
  /** Lines for the person at the terminal. */
  readonly say: (line: string) => void;
  /** Under which address people reach the web process, where no PUBLIC_URL says so. */
  readonly url?: string;
}

/** The opened base; `close` gives back what was opened. */
export interface Base {
  readonly env: Env;
  readonly log: Log;
  readonly database: Database;
  readonly keys: Keyring;
  readonly flows: Flows;
  readonly registry: Registry;
  readonly services: Services;
  readonly unit: UnitDeps;
  readonly anchors: AnchorFile;
  readonly parts: DomainParts;
  /** Telegram's name of the bot, once it has told us; links carry it. */
  readonly bot: { name: string | undefined };
  close(): Promise<void>;
}

/** Opens database, keys and texts; migrates; seeds flows. DATA_DIR must have been opened. */
export async function openBase(
  options: AppOptions,
  settings: ChannelSettings,
  wake: (topic: WakeTopic) => void,
): Promise<Base> {
  const { env, say } = options;
  const log = createLog(env.LOG_LEVEL, env.ROLES);
  const texts = loadTexts(path.join(packageRoot, 'locales'));
  if (env.DATABASE_URL !== undefined) await checkConfigured(env.DATABASE_URL);
  const master = await masterKey(env);
  const opened = await openDatabase({
    dataDir: env.dataDir,
    databaseUrl: env.DATABASE_URL,
    onNote: (note) => say(texts.translate(env.language, `database.note.${note.kind}`, note)),
  });
  const database = new Database(opened.url, {
    max: 16,
    name: nameOf(master),
    tell: (vital) => log.warn(vital),
  });
  const close = async (): Promise<void> => closeInOrder([async () => database.close(), async () => opened.close()]);
  try {
    return await assemble({ ...options, settings, wake, log, texts, master, database, close });
  } catch (error) {
    // Left open, they would keep the process alive after it has said why it cannot start.
    await close().catch(() => undefined);
    // A new key that opens nothing here makes room for the right one. After any other fault it stays: keys may be wrapped by it.
    if (master.isNew && error instanceof UnknownMasterKey) await rm(master.file, { force: true });
    throw error;
  }
}

/** What a process shows of itself to the others: which master keys it has, so that `keys rotate` can warn. */
function nameOf({ current, previous }: MasterKeys): string {
  return ['daiban', ...[current, ...(previous ? [previous] : [])].map(masterKeyId)].join(' ');
}

interface Parts extends AppOptions {
  readonly settings: ChannelSettings;
  readonly wake: (topic: WakeTopic) => void;
  readonly log: Log;
  readonly texts: Texts;
  readonly master: MasterKeyResult;
  readonly database: Database;
  readonly close: () => Promise<void>;
}

/** Migrates, loads keys and flows, and puts the parts together. */
async function assemble(given: Parts): Promise<Base> {
  const { env, wake, log, texts, database, close } = given;
  await migrate(database.url);
  const keys = await openKeys(given);
  await ensurePartitions(database, await businessNow(database));
  const flows = new Flows();
  const parts = domainParts({ texts, zone: COMPANY_ZONE, sandbox: env.sandbox });
  const registry = createRegistry(flows, parts);
  await seed(given, registry, parts);
  await flows.refresh(database);
  const bot: Base['bot'] = { name: undefined };
  const services = servicesOf(given, keys, bot);
  const namesOf: UnitDeps['namesOf'] = async (tx, customers) => namesOfCustomers(tx, keys, customers);
  const unit: UnitDeps = { database, services, registry, wake, namesOf };
  const anchors = new AnchorFile(env.dataDir);
  return { env, log, database, keys, flows, registry, services, unit, anchors, parts, bot, close };
}

async function openKeys({ master, log, database }: Parts): Promise<Keyring> {
  const keys = new Keyring(
    master,
    systemClock,
    (newer) => log.error({ event: 'keys.outdated', masterKeyId: newer }),
    (place) => log.error({ event: 'keys.unreadable', place }),
  );
  await database.transaction(async (tx) => keys.load(tx, (await readTimes(tx)).now));
  return keys;
}

function servicesOf({ env, url, settings, texts }: Parts, keys: Keyring, bot: Base['bot']): Services {
  return {
    keys,
    texts,
    companyZone: COMPANY_ZONE,
    leavesCountry: (account) => isReal(env, account),
    files: new DiskFileStore(path.join(env.dataDir, 'files')),
    accounts: accountsOf(settings),
    publicUrl: env.PUBLIC_URL ?? url ?? '',
    reports: REPORTS,
    telegramBotName: () => bot.name,
  };
}

/** What every installation begins with: the flows that came with this version, the domain's own rows. */
async function seed({ env, say, texts, database }: Parts, registry: Registry, parts: DomainParts): Promise<void> {
  const files = readFlowFiles(path.join(packageRoot, 'flows'));
  await database.transaction(async (tx) => {
    const { flows: good, findings } = checkFlowFiles(files, catalogueOf(registry, texts, files, env.language));
    for (const finding of findings)
      say(`${finding.file}:${finding.line}:${finding.column} ${finding.message} ${finding.cure}`);
    for (const draft of await seedFlows(tx, good, (await readTimes(tx)).now))
      say(texts.translate(env.language, 'start.flow_draft', { flow: draft }));
    await parts.seed(tx);
  });
}

/** Whether an account is a platform's own: beside a configured channel the sandbox plays only the others. */
function isReal(env: Env, account: string): boolean {
  return !env.sandbox || Object.hasOwn(configuredChannels(env), platformOf(account));
}

const COMPANY_ZONE = 'Asia/Shanghai';

/** The settings of configured platforms. */
export function configuredChannels(env: Env): ChannelSettings {
  return {
    ...(env.WECOM_CORP_ID && env.WECOM_AGENT_ID && env.WECOM_SECRET && env.WECOM_TOKEN && env.WECOM_ENCODING_AES_KEY
      ? {
          wecom: {
            corpId: env.WECOM_CORP_ID,
            agentId: String(env.WECOM_AGENT_ID),
            secret: env.WECOM_SECRET.reveal(),
            token: env.WECOM_TOKEN.reveal(),
            encodingAesKey: env.WECOM_ENCODING_AES_KEY.reveal(),
            apiBase: env.WECOM_API_BASE,
          },
        }
      : {}),
    ...(env.SLACK_BOT_TOKEN
      ? {
          slack: {
            botToken: env.SLACK_BOT_TOKEN.reveal(),
            signingSecret: env.SLACK_SIGNING_SECRET?.reveal() ?? newId(),
            ...(env.SLACK_APP_TOKEN ? { appToken: env.SLACK_APP_TOKEN.reveal() } : {}),
            apiUrl: env.SLACK_API_URL,
          },
        }
      : {}),
    ...(env.TELEGRAM_BOT_TOKEN
      ? {
          telegram: {
            botToken: env.TELEGRAM_BOT_TOKEN.reveal(),
            ...(env.TELEGRAM_WEBHOOK_SECRET ? { webhookSecret: env.TELEGRAM_WEBHOOK_SECRET.reveal() } : {}),
            apiRoot: env.TELEGRAM_API_ROOT,
          },
        }
      : {}),
  };
}
