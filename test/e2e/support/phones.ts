/** The phones of the sandbox as a test reads and uses them. Apart from the product, which takes seconds to load. */

export interface ScreenMessage {
  readonly id: string;
  readonly from: 'bot' | 'me';
  readonly text: string;
  readonly card?: {
    readonly title: string;
    readonly buttons: readonly { readonly key: string; readonly text: string; readonly disabled?: boolean }[];
  };
  readonly file?: { readonly name: string; readonly mime: string; readonly size: number };
  readonly choices?: readonly { readonly text: string; readonly requestContact?: boolean }[];
}

export interface Phone {
  messages(): Promise<readonly ScreenMessage[]>;
  say(text: string): Promise<void>;
  tap(message: ScreenMessage, label: string): Promise<void>;
  start(payload?: string): Promise<void>;
  shareContact(): Promise<void>;
  sendFile(file: {
    readonly name: string;
    readonly mime: string;
    readonly bytes: Buffer;
    readonly caption?: string;
  }): Promise<void>;
  /** Several photos at once (Telegram). */
  sendAlbum(photos: readonly Buffer[]): Promise<void>;
}

const PATIENCE_MS = 20_000;

/** Waits until `look` gives something; looks again after short pauses, so nothing depends on how fast the machine is. */
export async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

/** The newest message of the bot that matches. */
export async function hear(phone: Phone, pattern: RegExp): Promise<ScreenMessage> {
  return until(String(pattern), async () =>
    (await phone.messages()).findLast(
      (message) => message.from === 'bot' && pattern.test(`${message.text}\n${message.card?.title ?? ''}`),
    ),
  );
}
