/** Slack's refusals and broken calls as `ChannelError`s (reference §1.8 "Error classes", §1.13). */
import { webApi } from '@slack/bolt';
import { z } from 'zod';
import { ChannelError, type ChannelFailure } from '../channel.ts';
import { gatewayFailure, lost, neverSent, proxyStatus, waitFailure, type CallKind } from '../transport.ts';

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

/** Every way a WebClient call can fail, typed. Never carries the error itself: it holds payloads and headers. */
export function slackFailure(error: unknown, kind: CallKind): ChannelError {
  if (error instanceof ChannelError) return error;
  if (error instanceof webApi.WebAPIRateLimitedError) return wait(error.retryAfter);
  if (error instanceof webApi.WebAPIPlatformError)
    return refusalIn(error.data, kind) ?? new ChannelError(lost(kind), 'bad_answer');
  if (error instanceof webApi.WebAPIHTTPError) {
    // Slack refuses with status 200, but does not promise to.
    const refusal = error.statusCode < 500 ? refusalIn(error.body, kind) : undefined;
    return refusal ?? httpFailure(error.statusCode, kind);
  }
  // A 429 without `Retry-After` is a plain Error in web-api 8.
  if (error instanceof Error && error.message.startsWith('Retry header did not contain')) return wait(undefined);
  const status = proxyStatus(error);
  if (status !== undefined) return gatewayFailure(status, 'retry', barred(kind));
  return new ChannelError(neverSent(error) ? 'retry' : lost(kind), 'network');
}

/** The same for calls we make by hand (`upload_url`), and for every answer that is not Slack's. */
export function httpFailure(status: number, kind: CallKind): ChannelError {
  return gatewayFailure(status, lost(kind), barred(kind));
}

function barred(kind: CallKind): 'park' | 'breaker' {
  return kind.optional ? 'park' : 'breaker';
}

const refusalShape = z.looseObject({
  ok: z.literal(false),
  /** web-api puts the whole body here when it was not JSON (a proxy's page). */
  error: z.string().regex(/^[a-z0-9_]{1,64}$/),
  response_metadata: z
    .looseObject({ messages: z.array(z.string()).optional(), retryAfter: z.unknown().optional() })
    .optional()
    .catch(undefined),
});
type Refusal = z.infer<typeof refusalShape>;

/** What Slack's refusal means; `undefined` for a body that is none. */
function refusalIn(body: unknown, kind: CallKind): ChannelError | undefined {
  const refusal = refusalShape.safeParse(body).data;
  if (!refusal) return undefined;
  const { error: code, response_metadata: more } = refusal;
  if (code === 'ratelimited' || code === 'rate_limited' || code === 'message_limit_exceeded')
    return wait(more?.retryAfter);
  if (HALF_DONE.has(code)) return new ChannelError(lost(kind), code);
  const failure = FAILURE_OF.get(code) ?? 'our_fault';
  if (failure === 'breaker' && kind.optional && (code === 'missing_scope' || code === 'no_permission'))
    return new ChannelError('park', code);
  return new ChannelError(failure, code, detailOf(refusal));
}

/** Slack names the offending block by a JSON pointer; pointers and rule texts, no content. */
function detailOf({ error, response_metadata: more }: Refusal): { detail?: string } {
  const messages = more?.messages ?? [];
  return messages.length > 0 ? { detail: `${error}: ${messages.join('; ').slice(0, 300)}` } : {};
}

function wait(seconds: unknown): ChannelError {
  return waitFailure('ratelimited', seconds);
}
