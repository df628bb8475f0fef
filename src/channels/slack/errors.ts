/** Slack's refusals and broken calls as `ChannelError`s (reference §1.8 "Error classes", §1.13). */
import { webApi } from '@slack/bolt';
import { ChannelError, type ChannelFailure } from '../channel.ts';
import { neverSent, retryAfterMs } from '../transport.ts';

const DEFAULT_WAIT_MS = 30_000;

const CODES: Readonly<Partial<Record<ChannelFailure, readonly string[]>>> = {
  retry: ['service_unavailable', 'request_timeout', 'streaming_state_conflict', 'team_added_to_org'],
  breaker: [
    'invalid_auth',
    'not_authed',
    'account_inactive',
    'token_revoked',
    'token_expired',
    'missing_scope',
    'no_permission',
    'org_login_required',
    'ekm_access_denied',
    'access_denied',
    'not_allowed_token_type',
    'user_removed_from_team',
    'team_disabled',
    'team_access_not_granted',
  ],
  target_gone: [
    'channel_not_found',
    'is_archived',
    'not_in_channel',
    'user_not_found',
    'user_disabled',
    'user_not_in_channel',
    'messages_tab_disabled',
    'user_not_visible',
    'users_not_found',
    'cannot_dm_bot',
    'thread_not_found',
    'cannot_reply_to_message',
    'invalid_channel',
    'posting_to_channel_denied',
    'restricted_action',
    'restricted_action_read_only_channel',
    'restricted_action_thread_only_channel',
    'restricted_action_thread_locked',
    'restricted_action_non_threadable_channel',
  ],
  card_gone: ['message_not_found', 'cant_update_message', 'edit_window_closed', 'is_inactive'],
};

const FAILURE_OF = new Map<string, ChannelFailure>(
  Object.entries(CODES).flatMap(([failure, codes]) => codes.map((code) => [code, failure as ChannelFailure] as const)),
);

/** Slack documents that these may come after part of the work was done. */
const HALF_DONE = new Set(['internal_error', 'fatal_error']);

/** What a lost answer of this call means. */
export interface CallKind {
  /** True when a second call changes nothing (`chat.update`, every read): a lost answer is then simply retried. */
  readonly repeatable: boolean;
  /** True when the bot can do without this method: a missing scope parks the one intent, not the whole account. */
  readonly optional?: boolean;
}

/** Every way a WebClient call can fail, typed. Never carries the error itself: it holds payloads and headers. */
export function slackFailure(error: unknown, kind: CallKind): ChannelError {
  if (error instanceof ChannelError) return error;
  if (error instanceof webApi.WebAPIRateLimitedError) return wait(error.retryAfter);
  if (error instanceof webApi.WebAPIPlatformError) return platformFailure(error, kind);
  if (error instanceof webApi.WebAPIHTTPError) return httpFailure(error.statusCode, kind);
  // A 429 without `Retry-After` is a plain Error in web-api 8.
  if (error instanceof Error && error.message.startsWith('Retry header did not contain')) return wait(undefined);
  return new ChannelError(neverSent(error) ? 'retry' : lost(kind), 'network');
}

/** The same for calls we make by hand (`upload_url`). Slack answers 200 or refuses; any other 2xx or a 3xx is somebody else's. */
export function httpFailure(status: number, kind: CallKind): ChannelError {
  const code = `http_${String(status)}`;
  if (status === 429) return wait(undefined);
  return new ChannelError(status >= 400 && status < 500 ? 'our_fault' : lost(kind), code);
}

function platformFailure(error: webApi.WebAPIPlatformError, kind: CallKind): ChannelError {
  // As typed; but `{}`, `[]` and `{"ok":false}` are platform errors too, without one.
  const code: unknown = error.data.error;
  // web-api puts the whole body here when it was not JSON (a proxy's page).
  if (typeof code !== 'string' || !/^[a-z0-9_]{1,64}$/.test(code)) return new ChannelError(lost(kind), 'bad_answer');
  if (code === 'ratelimited' || code === 'rate_limited' || code === 'message_limit_exceeded') {
    return wait(error.data.response_metadata?.['retryAfter']);
  }
  if (HALF_DONE.has(code)) return new ChannelError(lost(kind), code);
  const failure = FAILURE_OF.get(code) ?? 'our_fault';
  if (failure === 'breaker' && kind.optional && (code === 'missing_scope' || code === 'no_permission')) {
    return new ChannelError('park', code);
  }
  return new ChannelError(failure, code, detailOf(error));
}

/** Slack names the offending block by a JSON pointer; pointers and rule texts, no content. */
function detailOf(error: webApi.WebAPIPlatformError): { detail?: string } {
  const messages = error.data.response_metadata?.messages;
  return messages && messages.length > 0 ? { detail: `${error.data.error}: ${messages.join('; ').slice(0, 300)}` } : {};
}

function lost(kind: CallKind): ChannelFailure {
  return kind.repeatable ? 'retry' : 'unknown';
}

function wait(seconds: unknown): ChannelError {
  return new ChannelError('wait', 'ratelimited', { retryAfterMs: retryAfterMs(seconds, DEFAULT_WAIT_MS) });
}
