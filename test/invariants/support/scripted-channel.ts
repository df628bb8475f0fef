/** A chat platform in memory: says what the test wants it to say, and remembers what it was asked to send. */
import type {
  Address,
  Capabilities,
  Channel,
  Happening,
  InboundEvent,
  MediaRef,
  OutboundIntent,
  PaceRule,
  Platform,
  RawRequest,
  Receipt,
  Received,
  Refused,
} from '../../../src/channels/channel.ts';

const CAPABILITIES: Capabilities = {
  safeToRepeat: false,
  reports: { edits: false, deletions: false },
};

export class ScriptedChannel implements Channel {
  readonly platform: Platform;
  readonly account: string;
  readonly capabilities: Capabilities;
  pace: readonly PaceRule[] = [];
  /** Every intent handed over, in order. */
  readonly sent: OutboundIntent[] = [];
  /** What a send does besides being remembered: throw, wait, or give another receipt. */
  onSend: (intent: OutboundIntent) => Promise<Receipt> = async (intent) => ({
    providerId: `p${intent.id}`,
    handle: { id: intent.id },
  });

  /** How it is listened to; without it nobody listens. */
  listen?: NonNullable<Channel['listen']>;

  /** What it holds of a file. */
  onFetch: (media: MediaRef) => Promise<Buffer> = async () => {
    throw new Error('no media here');
  };

  constructor(account: string, capabilities: Partial<Capabilities> = {}) {
    this.account = account;
    this.platform = account.split(':')[0] as Platform;
    this.capabilities = { ...CAPABILITIES, ...capabilities };
  }

  /** A request is one JSON event `{ from, text, key }`; `interactive` when its URL says so. */
  async receive(request: RawRequest): Promise<Received | Refused> {
    const { from, text, key } = JSON.parse(request.body.toString()) as { from: string; text: string; key: string };
    return {
      events: [this.message(from, text, [key])],
      interactive: request.url.includes('interactive'),
      answer: (shown) => ({ status: 200, ...(shown?.kind === 'text' ? { body: shown.text } : {}) }),
    };
  }

  async send(intent: OutboundIntent): Promise<Receipt> {
    this.sent.push(intent);
    return this.onSend(intent);
  }

  async fetchMedia(media: MediaRef): Promise<Buffer> {
    return this.onFetch(media);
  }

  async check(): Promise<{ readonly ok: boolean }> {
    return { ok: true };
  }

  /** What the person's phone shows of us: the texts of messages and cards. */
  said(chat: string): string[] {
    return this.sent
      .filter((intent) => intent.to.chat === chat)
      .map(({ content }) => ('text' in content ? content.text : 'card' in content ? content.card.title : content.kind));
  }

  /** A message as this platform reports it. */
  message(from: string, text: string, keys: readonly [string, ...string[]]): InboundEvent {
    return this.event(from, { kind: 'message', messageId: keys[0], text, media: [] }, keys);
  }

  event(from: string, happening: Happening, keys: readonly [string, ...string[]]): InboundEvent {
    const address: Address = { account: this.account, chat: from };
    return {
      platform: this.platform,
      address,
      sender: from,
      deliveryKeys: keys,
      occurredAt: new Date('2026-11-21T02:00:00Z'),
      happening,
    };
  }
}
