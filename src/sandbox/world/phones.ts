/** All phones of all platforms in one place: who has one, what it shows, and the hands that use it. */
import type { Emulator, Remembering, Screen } from '../emulator.ts';
import type { SlackEmulator } from '../slack/index.ts';
import type { TelegramEmulator } from '../telegram/index.ts';
import type { WecomEmulator } from '../wecom/index.ts';
import { type CastRole, type Platform, PLATFORMS, type SandboxPerson } from './cast.ts';
import { SandboxProblem } from './problem.ts';

/** The look-alikes that are played; a platform that is configured for real is absent. */
export interface Emulators {
  readonly wecom?: WecomEmulator;
  readonly slack?: SlackEmulator;
  readonly telegram?: TelegramEmulator;
}

/** A file as somebody picks it on the phone. */
export interface PickedFile {
  readonly name: string;
  readonly mime: string;
  readonly bytes: Buffer;
}

/** What a platform's client lets people do. */
interface PhoneAbilities {
  /** Own messages can be changed. WeCom's client can, but tells apps nothing of it. */
  readonly edit: boolean;
  readonly remove: boolean;
  /** Files reach our bot. WeCom's apps get pictures, but no documents. */
  readonly files: 'all' | 'pictures';
  /** Start button, own phone number, block: Telegram. */
  readonly contact: boolean;
  /** Several photos go as one album, each a message of its own: Telegram. */
  readonly albums: boolean;
  /** Characters of one message. */
  readonly text: number;
}

/** What the sandbox takes at once; Telegram's client cuts it into several messages, as the real one does. */
export const MAX_TEXT = 20_000;

const ABILITIES: Readonly<Record<Platform, PhoneAbilities>> = {
  wecom: { edit: false, remove: true, files: 'pictures', contact: false, albums: false, text: MAX_TEXT },
  slack: { edit: true, remove: true, files: 'all', contact: false, albums: false, text: MAX_TEXT },
  telegram: { edit: true, remove: true, files: 'all', contact: true, albums: true, text: MAX_TEXT },
};

/** The one command our app registers with Slack. */
const SLACK_COMMAND = '/daiban';

/** A phone in the list of phones. */
export interface PhoneSummary extends SandboxPerson {
  /** Messages of the bot on it; a number that grew means something new. */
  readonly received: number;
  /** Cards that wait for a press. */
  readonly waiting: number;
  readonly lastAt?: Date;
}

/** A phone as its owner sees it. */
export interface PhoneView extends Screen {
  readonly platform: Platform;
  readonly role: CastRole;
  readonly abilities: PhoneAbilities;
  readonly blocked: boolean;
}

/** Every phone. */
export class Phones implements Remembering {
  readonly #emulators: Emulators;
  readonly #people = new Map<string, SandboxPerson>();
  readonly #blocked = new Set<string>();

  constructor(emulators: Emulators, people: readonly SandboxPerson[]) {
    this.#emulators = emulators;
    for (const person of people) this.add(person);
  }

  /** Who has blocked the bot; kept here because a look-alike's screen does not say it. */
  exportState(): unknown {
    return [...this.#blocked];
  }

  importState(state: unknown): void {
    for (const key of Array.isArray(state) ? state : []) if (typeof key === 'string') this.#blocked.add(key);
  }

  /** Gives somebody a phone, or corrects name and role. Nothing on a platform that is not played. */
  add(person: SandboxPerson): void {
    const emulator = this.#emulators[person.platform];
    if (emulator === undefined) return;
    this.#people.set(keyOf(person.platform, person.id), person);
    const { id, name, phone } = person;
    if (emulator.platform !== 'telegram') {
      emulator.addPerson({ id, name });
      return;
    }
    emulator.addPerson({ id, name, ...(phone === undefined ? {} : { phone }) });
    // Staff bound their account by pressing Start once; a bot cannot write to anybody who has not.
    if (person.role !== 'customer') emulator.open(id);
  }

  list(): readonly PhoneSummary[] {
    return [...this.#people.values()].map((person) => {
      const { messages } = this.#emulator(person.platform).screen(person.id);
      const received = messages.filter((message) => message.from === 'bot' && message.id !== 'start');
      const waiting = received.filter(
        (message) => message.deleted !== true && message.card?.buttons.some(isPressable) === true,
      );
      const lastAt = messages.findLast((message) => message.id !== 'start')?.at;
      return {
        ...person,
        received: received.length,
        waiting: waiting.length,
        ...(lastAt === undefined ? {} : { lastAt }),
      };
    });
  }

  /** @throws SandboxProblem `no_platform`, `no_person`. */
  view(platform: string, id: string): PhoneView {
    const person = this.find(platform, id);
    return {
      ...this.#emulator(person.platform).screen(person.id),
      platform: person.platform,
      role: person.role,
      abilities: ABILITIES[person.platform],
      blocked: this.#blocked.has(keyOf(person.platform, person.id)),
    };
  }

  /** @throws SandboxProblem `no_platform`, `no_person`. */
  find(platform: string, id: string): SandboxPerson {
    const known = PLATFORMS.find((one) => one === platform && this.#emulators[one] !== undefined);
    if (known === undefined)
      throw new SandboxProblem('no_platform', { params: { platforms: this.#played().join(', ') } });
    const person = this.#people.get(keyOf(known, id));
    if (person === undefined) throw new SandboxProblem('no_person');
    return person;
  }

  /** Writes to the bot. Slack's client takes what begins with a slash for a command of the workspace, known or not. */
  say(person: SandboxPerson, text: string): Promise<void> {
    const command = /^\/\S+/.exec(text.trim())?.[0];
    const { slack } = this.#emulators;
    if (person.platform !== 'slack' || slack === undefined || command === undefined)
      return act(() => this.#emulator(person.platform).say(person.id, text));
    if (command !== SLACK_COMMAND) throw new SandboxProblem('no_command', { params: { command } });
    return act(() => slack.slash(person.id, command, text.trim().slice(command.length).trim()));
  }

  sendFile(person: SandboxPerson, file: PickedFile, caption: string | undefined): Promise<void> {
    return act(() => this.#emulator(person.platform).sendFile(person.id, file, caption));
  }

  /** Several photos at once. @throws SandboxProblem `not_here` where a platform has no albums. */
  sendAlbum(person: SandboxPerson, files: readonly PickedFile[]): Promise<void> {
    return act(() => this.#telegram(person).sendAlbum(person.id, files));
  }

  tap(
    person: SandboxPerson,
    press: { readonly message: string; readonly key: string; readonly selected: Readonly<Record<string, string>> },
  ): Promise<void> {
    this.#checkMessage(person, press.message);
    return act(() => this.#emulator(person.platform).tap(person.id, press.message, press.key, press.selected));
  }

  edit(person: SandboxPerson, message: string, text: string): Promise<void> {
    this.#checkMessage(person, message);
    return act(() => this.#emulator(person.platform).edit(person.id, message, text));
  }

  remove(person: SandboxPerson, message: string): Promise<void> {
    this.#checkMessage(person, message);
    return act(() => this.#emulator(person.platform).remove(person.id, message));
  }

  /** Presses Start, with the payload of a deep link if there is one. */
  start(person: SandboxPerson, payload: string | undefined): Promise<void> {
    return act(() => this.#telegram(person).start(person.id, payload));
  }

  /** Shares the person's own number. @throws SandboxProblem `not_here` when the sandbox knows none. */
  shareContact(person: SandboxPerson): Promise<void> {
    const { phone } = person;
    if (phone === undefined) throw new SandboxProblem('not_here');
    return act(() => this.#telegram(person).shareContact(person.id, phone, true));
  }

  async setBlocked(person: SandboxPerson, isBlocked: boolean): Promise<void> {
    const telegram = this.#telegram(person);
    await act(() => (isBlocked ? telegram.block(person.id) : telegram.unblock(person.id)));
    const key = keyOf(person.platform, person.id);
    if (isBlocked) this.#blocked.add(key);
    else this.#blocked.delete(key);
  }

  #played(): readonly Platform[] {
    return PLATFORMS.filter((one) => this.#emulators[one] !== undefined);
  }

  #emulator(platform: Platform): Emulator {
    const emulator = this.#emulators[platform];
    if (emulator === undefined)
      throw new SandboxProblem('no_platform', { params: { platforms: this.#played().join(', ') } });
    return emulator;
  }

  #telegram(person: SandboxPerson): TelegramEmulator {
    const { telegram } = this.#emulators;
    if (person.platform !== 'telegram' || telegram === undefined) throw new SandboxProblem('not_here');
    return telegram;
  }

  #checkMessage(person: SandboxPerson, message: string): void {
    const { messages } = this.#emulator(person.platform).screen(person.id);
    if (!messages.some(({ id }) => id === message)) throw new SandboxProblem('no_message');
  }
}

/** A press that would reach our bot: no link, not grey. */
function isPressable(button: { readonly url?: string; readonly disabled?: boolean }): boolean {
  return button.url === undefined && button.disabled !== true;
}

function keyOf(platform: Platform, id: string): string {
  return `${platform} ${id.toLowerCase()}`;
}

/** Look-alikes say what cannot be done with a plain Error. @throws SandboxProblem `refused` with their sentence. */
async function act(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof SandboxProblem) throw error;
    throw new SandboxProblem('refused', { reason: error instanceof Error ? error.message : String(error) });
  }
}
