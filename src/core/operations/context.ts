/** What every operation gets. It takes its transaction from here, never opens its own, never sends. */
import type { Keyring } from '../../db/keyring.ts';
import type { Tx } from '../../db/database.ts';
import type { Language, Params, Text, Texts } from '../../lib/i18n.ts';
import type { Actor, DataScope } from './actor.ts';
import type { Effects } from './effects.ts';

/** Parts shared by all operations of a process: put together in `app.ts`, the same for every call. */
export interface Services {
  readonly keys: Keyring;
  readonly texts: Texts;
  /** The company's zone (IANA); due dates are calendar dates there. */
  readonly companyZone: string;
  /** Whether what is said on this account leaves the machine. On a look-alike nothing does, so no cross-border consent is asked. */
  readonly leavesCountry: (account: string) => boolean;
  /** Encrypted file storage. */
  readonly files: FileStore;
  /** The accounts of this installation by platform, e.g. to resolve `--wecom 00123`. */
  readonly accounts: Readonly<Partial<Record<'wecom' | 'slack' | 'telegram', string>>>;
  /** Base URL people can open, for upload pages and links; empty for a command, which serves nobody. */
  readonly publicUrl: string;
  /** What each platform tells of edits and deletions. */
  readonly reports: Readonly<Record<string, { readonly edits: boolean; readonly deletions: boolean }>>;
  /** The Telegram bot's user name for deep links. */
  readonly telegramBotName: () => string | undefined;
}

interface FileStore {
  /** Stores bytes under a random key; nothing readable on disk. */
  put(storageKey: string, sealed: Buffer): Promise<void>;
  get(storageKey: string): Promise<Buffer>;
  remove(storageKey: string): Promise<void>;
}

/** One call: its transaction, instant, actor, and what it leaves behind (`effects`). */
export interface Ctx {
  readonly tx: Tx;
  /** Business time (database time plus the stored offset). */
  readonly now: Date;
  readonly actor: Actor;
  /** How far the actor may reach in the operation that is running. */
  readonly scope: DataScope;
  /** Where the call comes from: a platform name, `api`, `cli`, `timer`, `import`, `seed`. */
  readonly via: string;
  readonly traceId: string;
  /** In which language each question was last put in the chat that the call comes from, by the key of its text. */
  readonly shown: Readonly<Record<string, Language>>;
  readonly services: Services;
  readonly keys: Keyring;
  readonly effects: Effects;
  /** A text in the actor's language. */
  t(text: Text, params?: Params): string;
  /** A text in another person's language. */
  say(language: Language, text: Text, params?: Params): string;
  /** Calls another operation in the same transaction, as the same actor. */
  call(name: string, input: unknown): Promise<unknown>;
  /** Calls another operation as the system (what follows from an approved case, a fired timer). */
  callAsSystem(name: string, input: unknown): Promise<unknown>;
}
