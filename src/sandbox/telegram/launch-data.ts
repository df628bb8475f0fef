/** Mini App launch data signed with the bot's token. Source: core.telegram.org/bots/webapps#validating-data-received-via-the-mini-app. */
import { createHmac } from 'node:crypto';

/** `hash` over all fields: HMAC-SHA256 of the sorted `key=value` lines under HMAC-SHA256("WebAppData", token). */
export function launchHash(token: string, fields: Readonly<Record<string, string>>): string {
  const secret = createHmac('sha256', 'WebAppData').update(token).digest();
  const lines = Object.entries(fields)
    .filter(([name]) => name !== 'hash')
    .map(([name, value]) => `${name}=${value}`)
    .toSorted();
  return createHmac('sha256', secret).update(lines.join('\n')).digest('hex');
}

/** The `initData` query string with its hash. */
export function signLaunchData(token: string, fields: Readonly<Record<string, string>>): string {
  return new URLSearchParams({ ...fields, hash: launchHash(token, fields) }).toString();
}
