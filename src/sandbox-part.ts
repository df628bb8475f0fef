/** The sandbox as the app plugs it in: settings first (channels need them), the look-alikes once the clock can be asked. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ChannelSettings } from './channels/index.ts';
import { DEMO_STAFF, DEMO_TELEGRAM_PEOPLE } from './config/demo.ts';
import type { Env } from './config/env.ts';
import type { Texts } from './lib/i18n.ts';
import type { Log } from './lib/log.ts';
import {
  createSandbox,
  sandboxSecrets,
  sandboxSettings,
  type CastRole,
  type ClockHands,
  type PaymentDesk,
  type Sandbox,
  type SandboxPerson,
  type SandboxSettings,
} from './sandbox/server.ts';

interface SandboxClock {
  businessNow(): Promise<Date>;
  advanceClock(to: Date): Promise<Date>;
  readonly nextDue: NonNullable<ClockHands['nextDue']>;
  readonly payments: PaymentDesk;
}

/** The look-alikes as the app starts, serves and stops them. */
export interface SandboxPart {
  /** Where the process that plays them listens. */
  readonly url: string;
  readonly settings: ChannelSettings;
  readonly botName: string | undefined;
  handle(request: IncomingMessage, response: ServerResponse): boolean;
  /** Builds the look-alikes; before it every request under /sandbox is left to others. */
  open(parts: SandboxClock & { readonly texts: Texts; readonly log: Log; readonly now: Date }): void;
  connect(base: string): Promise<void>;
  setNow(now: Date): Promise<void>;
  /** Ends the open pages' lines; everything else goes on. */
  hangUp(): void;
  close(): Promise<void>;
}

/**
 * The look-alikes of the platforms that are not configured; nothing where the sandbox is off.
 * @param ownUrl given by the process that serves the web: it plays them, and leaves its address behind for the others, which
 * only get the settings
 */
export async function sandboxPart(
  env: Env,
  configured: ChannelSettings,
  ownUrl?: string,
): Promise<SandboxPart | undefined> {
  if (!env.sandbox) return undefined;
  const folder = path.join(env.dataDir, 'sandbox');
  const secrets = await sandboxSecrets(folder);
  const url = ownUrl ?? (await addressIn(folder));
  if (ownUrl !== undefined) await writeFile(addressFile(folder), JSON.stringify({ url }));
  const wanted = (['wecom', 'slack', 'telegram'] as const).filter((platform) => configured[platform] === undefined);
  const settings = sandboxSettings(url, secrets, wanted);
  let inner: Sandbox | undefined;
  return {
    url,
    settings: channelSettings(settings),
    botName: settings.telegram?.botName,
    handle: (request, response) => inner?.handle(request, response) ?? false,
    open: (parts) => {
      if (ownUrl !== undefined)
        inner = createSandbox({ ...parts, base: url, dataDir: env.dataDir, settings, people: cast() });
    },
    connect: async (base) => {
      await inner?.connect(base);
      if (inner && env.demo && settings.telegram) await startBots(base);
    },
    setNow: async (now) => inner?.setNow(now),
    hangUp: () => inner?.hangUp(),
    close: async () => inner?.close(),
  };
}

function addressFile(folder: string): string {
  return path.join(folder, 'address.json');
}

async function addressIn(folder: string): Promise<string> {
  const written = await readFile(addressFile(folder), 'utf8').catch(() => '{"url":"http://127.0.0.1:3000"}');
  return (JSON.parse(written) as { readonly url: string }).url;
}

function channelSettings(settings: SandboxSettings): ChannelSettings {
  return {
    ...(settings.wecom ? { wecom: { ...settings.wecom, agentId: String(settings.wecom.agentId) } } : {}),
    ...(settings.slack ? { slack: settings.slack } : {}),
    ...(settings.telegram ? { telegram: settings.telegram } : {}),
  };
}

/** A bot may write only to those who have pressed Start; the demo company's own people have. */
async function startBots(base: string): Promise<void> {
  for (const { telegram } of DEMO_STAFF) {
    if (telegram === undefined) continue;
    const phone = `${base}/sandbox/api/phones/telegram/${telegram}`;
    const screen = (await (await fetch(phone)).json()) as { readonly messages: readonly { readonly from: string }[] };
    if (!screen.messages.some((message) => message.from === 'me'))
      await fetch(`${phone}/start`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  }
}

/** Everybody of the demo company with a phone on each platform he uses, and the customers to be. */
function cast(): readonly SandboxPerson[] {
  const staff = DEMO_STAFF.flatMap((person) =>
    (['wecom', 'slack', 'telegram'] as const).flatMap((platform) => {
      const id = person[platform];
      return id === undefined
        ? []
        : [{ platform, id, name: person.name, role: (person.roles[0] ?? 'sales') as CastRole }];
    }),
  );
  return [
    ...staff,
    ...DEMO_TELEGRAM_PEOPLE.map((one) => ({
      platform: 'telegram' as const,
      id: one.id,
      name: one.name,
      role: 'customer' as const,
      phone: `86${one.phone}`,
    })),
  ];
}
