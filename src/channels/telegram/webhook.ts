/** The webhook as Telegram keeps it (reference §2.3): set, taken away, looked at. */
import { z } from 'zod';
import type { Secret } from '../../lib/secret.ts';
import { ChannelError, type Check } from '../channel.ts';
import type { TelegramApi } from './bot.ts';
import { ALLOWED_UPDATES } from './updates.ts';

const READ = { repeatable: true } as const;

/** @throws ChannelError `our_fault`: without a secret, or `webhook_refused` for an address Telegram does not take. */
export async function setWebhook(api: TelegramApi, url: string, secret: Secret | undefined): Promise<void> {
  if (secret === undefined) throw new ChannelError('our_fault', 'no_webhook_secret');
  const payload = { url, secret_token: secret.reveal(), allowed_updates: ALLOWED_UPDATES, max_connections: 40 };
  await api.call('setWebhook', payload, { shape: z.unknown(), kind: READ }).catch((error: unknown) => {
    if (!(error instanceof ChannelError) || error.code !== '400') throw error;
    throw new ChannelError('our_fault', 'webhook_refused', { detail: error.message });
  });
}

/** Ends delivery to a webhook, so that polling may begin; what waits there is kept. @throws ChannelError */
export async function dropWebhook(api: TelegramApi): Promise<void> {
  await api.call('deleteWebhook', {}, { shape: z.unknown(), kind: READ });
}

const webhookInfo = z.looseObject({
  url: z.string(),
  pending_update_count: z.int().default(0),
  last_error_date: z.int().optional(),
});
type WebhookInfo = z.infer<typeof webhookInfo>;

/** Whether a webhook is wanted at all, and how our addresses begin, if that is known. */
interface Wish {
  readonly isWanted: boolean;
  readonly ours: string | undefined;
}

/** Whether the token works and updates reach us. */
export async function checkWebhook(api: TelegramApi, wish: Wish): Promise<Check> {
  try {
    const code = troubleWith(await api.call('getWebhookInfo', {}, { shape: webhookInfo, kind: READ }), wish);
    return code === undefined ? { ok: true } : { ok: false, code };
  } catch (error) {
    return { ok: false, code: error instanceof ChannelError ? error.code : 'unknown' };
  }
}

function troubleWith(info: WebhookInfo, { isWanted, ours }: Wish): string | undefined {
  if (!isWanted) return info.url === '' ? undefined : 'webhook_active';
  if (info.url === '') return 'no_webhook';
  if (ours !== undefined && !info.url.startsWith(ours)) return 'webhook_elsewhere';
  // The last error stays named after it is over; what still waits is what it kept from us.
  return info.pending_update_count > 0 && info.last_error_date !== undefined ? 'webhook_failing' : undefined;
}
