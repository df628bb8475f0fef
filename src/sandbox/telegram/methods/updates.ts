/** setWebhook, deleteWebhook, getWebhookInfo, getUpdates. */
import { isDeepStrictEqual } from 'node:util';
import { type Fields, textOf } from '../../kernel/values.ts';
import type { Args } from '../args.ts';
import type { TelegramCore } from '../core.ts';
import { badRequest, TelegramRefusal, tooManyRequests } from '../types.ts';
import type { Done, MethodTable } from './method.ts';

const PORTS = new Set(['', '443', '80', '88', '8443']);
const MAX_SECRET = 256;
const SET_AGAIN_MS = 1000;

/** The list of update types; `undefined` = keep the last. @throws TelegramRefusal when it is no list. */
function allowedUpdates(args: Args): readonly string[] | undefined {
  const value = args.json('allowed_updates', 'allowed_updates');
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw badRequest("can't parse allowed updates JSON array");
  return value.map((one) => textOf(one) ?? '');
}

/** @throws TelegramRefusal unless it is https on an allowed port, or loopback http where the switch allows that. */
function checkUrl(core: TelegramCore, url: string): void {
  if (!URL.canParse(url)) throw badRequest('invalid webhook URL specified');
  const { protocol, port, hostname } = new URL(url);
  const isLoopback = hostname === '127.0.0.1' || hostname === '[::1]' || hostname === 'localhost';
  if (core.allowLoopbackHttp && protocol === 'http:' && isLoopback) return;
  if (protocol !== 'https:') throw badRequest('bad webhook: An HTTPS URL must be provided for webhook');
  if (!PORTS.has(port)) throw badRequest('bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443');
  if (isLoopback) throw badRequest(`bad webhook: IP address ${hostname} is reserved`);
}

function checkSecret(secret: string): void {
  if (secret.length > MAX_SECRET) throw badRequest('secret token is too long');
  if (!/^[A-Za-z0-9_-]*$/.test(secret)) throw badRequest('secret token contains unallowed characters');
}

/** Not more than one change a second. @throws TelegramRefusal 429. */
function countChange(core: TelegramCore): void {
  const now = core.world.clock.now().getTime();
  if (core.webhookSetAt !== undefined && now - core.webhookSetAt < SET_AGAIN_MS) throw tooManyRequests(1);
  core.webhookSetAt = now;
}

function setWebhook(core: TelegramCore, args: Args): Done {
  const url = args.text('url') ?? '';
  if (url === '') return deleteWebhook(core, args);
  const secret = args.text('secret_token') ?? '';
  checkUrl(core, url);
  checkSecret(secret);
  const maxConnections = args.int('max_connections', { fallback: 40, min: 1, max: 100 });
  const old = core.webhook.settings;
  const isSame =
    old !== undefined && old.url === url && (old.secret ?? '') === secret && old.maxConnections === maxConnections;
  const allowed = allowedUpdates(args);
  const isSameList = allowed === undefined || isDeepStrictEqual(allowed, core.updates.allowed ?? []);
  if (isSame && isSameList && !args.flag('drop_pending_updates'))
    return { result: true, description: 'Webhook is already set' };
  countChange(core);
  core.polling.end('set_webhook');
  core.updates.allow(allowed);
  if (args.flag('drop_pending_updates')) core.updates.clear();
  core.webhook.set({ url, secret: secret === '' ? undefined : secret, maxConnections });
  return { result: true, description: 'Webhook was set' };
}

function deleteWebhook(core: TelegramCore, args: Args): Done {
  if (args.flag('drop_pending_updates')) core.updates.clear();
  if (core.webhook.settings === undefined) return { result: true, description: 'Webhook is already deleted' };
  countChange(core);
  core.webhook.set(undefined);
  return { result: true, description: 'Webhook was deleted' };
}

async function getUpdates(core: TelegramCore, args: Args): Promise<Done> {
  if (core.webhook.settings !== undefined) {
    throw new TelegramRefusal(
      409,
      "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    );
  }
  const updates: readonly Fields[] = await core.polling.poll({
    offset: args.int('offset', { fallback: 0, min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
    limit: args.int('limit', { fallback: 100, min: 1, max: 100 }),
    timeoutSeconds: args.int('timeout', { fallback: 0, min: 0, max: 50 }),
    allowed: allowedUpdates(args),
  });
  return { result: updates };
}

/** The rows about getting updates. */
export const updateMethods: MethodTable = {
  setWebhook: {
    known: [
      'url',
      'certificate',
      'ip_address',
      'max_connections',
      'allowed_updates',
      'drop_pending_updates',
      'secret_token',
    ],
    run: setWebhook,
  },
  deleteWebhook: { known: ['drop_pending_updates'], run: deleteWebhook },
  getWebhookInfo: { known: [], run: (core) => ({ result: core.webhook.info() }) },
  getUpdates: { known: ['offset', 'limit', 'timeout', 'allowed_updates'], run: getUpdates },
};
