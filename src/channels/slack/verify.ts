/**
 * Slack request signing v0 (https://docs.slack.dev/authentication/verifying-requests-from-slack). The signature itself
 * is checked by Bolt's own exported function (constant time); what it leaves open is closed here: stamps from the
 * future, malformed stamps, bodies that are not UTF-8.
 */
import { isUtf8 } from 'node:buffer';
import { verifySlackRequest } from '@slack/bolt';
import type { RawRequest } from '../channel.ts';

/** Seconds a stamp may lie away from our clock, in either direction. */
const WINDOW_SECONDS = 300;

/** Why the request is not Slack's, as a reason code; `undefined` when it is. `now` is real time. */
export function forgeryReason(request: RawRequest, signingSecret: string, now: Date): string | undefined {
  const stamp = request.headers['x-slack-request-timestamp'];
  const signature = request.headers['x-slack-signature'];
  if (typeof stamp !== 'string' || typeof signature !== 'string') return 'missing_signature';
  if (!/^\d{1,12}$/.test(stamp)) return 'bad_timestamp';
  if (Math.abs(Math.floor(now.getTime() / 1000) - Number(stamp)) > WINDOW_SECONDS) return 'stale_timestamp';
  // Bolt hashes a string; only for valid UTF-8 is that the same as hashing the bytes on the wire.
  if (!isUtf8(request.body)) return 'bad_signature';
  try {
    verifySlackRequest({
      signingSecret,
      body: request.body.toString('utf8'),
      headers: { 'x-slack-request-timestamp': Number(stamp), 'x-slack-signature': signature },
      nowMilliseconds: now.getTime(),
    });
    return undefined;
  } catch {
    return 'bad_signature';
  }
}
