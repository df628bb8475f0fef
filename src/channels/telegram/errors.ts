/**
 * Telegram's refusals and broken calls as `ChannelError`s (reference §2.11). Matched on the code and a lower-cased
 * beginning: wording is not a contract. Errors of telegraf are never passed on: they hold the whole payload.
 */
import { TelegramError } from 'telegraf';
import { ChannelError, type ChannelFailure } from '../channel.ts';
import { gatewayFailure, lost, neverSent, waitFailure, type CallKind } from '../transport.ts';

type Row = readonly [start: string, failure: ChannelFailure, code: string];

const BAD_REQUEST: readonly Row[] = [
  ['message is not modified', 'our_fault', 'not_modified'],
  ['query is too old', 'our_fault', 'query_too_old'],
  ['query_id_invalid', 'our_fault', 'query_too_old'],
  ['message to edit not found', 'card_gone', 'message_not_found'],
  ["message can't be edited", 'card_gone', 'message_not_editable'],
  ['message_id_invalid', 'card_gone', 'message_not_found'],
  ['chat not found', 'target_gone', 'chat_not_found'],
  ['chat_id is empty', 'target_gone', 'chat_not_found'],
  ['private chat not found', 'target_gone', 'chat_not_found'],
  ['user not found', 'target_gone', 'chat_not_found'],
  ['peer_id_invalid', 'target_gone', 'chat_not_found'],
  ['message thread not found', 'target_gone', 'thread_not_found'],
  ['topic_closed', 'target_gone', 'thread_closed'],
  ['have no rights to send', 'target_gone', 'no_rights'],
  ['not enough rights to send', 'target_gone', 'no_rights'],
  ['chat_write_forbidden', 'target_gone', 'no_rights'],
  ['file is too big', 'our_fault', 'too_big'],
  // One sentence for two things: it also stands for trouble on Telegram's side that passes.
  ['wrong file_id or the file is temporarily unavailable', 'retry', 'file_unavailable'],
  ['wrong file', 'our_fault', 'file_unavailable'],
  ['invalid file', 'our_fault', 'file_unavailable'],
  ['photo_invalid', 'our_fault', 'bad_photo'],
  ['image_process_failed', 'our_fault', 'bad_photo'],
];

const FORBIDDEN: readonly Row[] = [
  ['bot was blocked by the user', 'target_gone', 'blocked'],
  ['user is deactivated', 'target_gone', 'deactivated'],
  ["bot can't initiate conversation", 'target_gone', 'not_started'],
  ["bot can't send messages to bots", 'target_gone', 'not_started'],
  ['bot was kicked', 'target_gone', 'kicked'],
  ['bot is not a member', 'target_gone', 'kicked'],
  ['the group chat was deleted', 'target_gone', 'kicked'],
];

/** What refusals mean by their beginning; of two rows that fit the first counts. */
export const ROWS = { 400: BAD_REQUEST, 403: FORBIDDEN } as const;

/** Every way an API call can fail, typed. `status` is that of the answer, if there was one. */
export function telegramFailure(error: unknown, kind: CallKind, status: number | undefined): ChannelError {
  if (error instanceof ChannelError) return error;
  if (error instanceof TelegramError && isReadable(error)) return refusal(error, kind);
  // A refusal that is not in Telegram's words is somebody else's.
  if (status !== undefined && status >= 400) return gatewayFailure(status, lost(kind));
  if (error instanceof TelegramError) return new ChannelError(lost(kind), 'bad_answer');
  return new ChannelError(neverSent(error) ? 'retry' : lost(kind), 'network');
}

/** telegraf takes any answer that is not `ok` for a refusal, and whatever stands in it for its code and words. */
function isReadable({ code, description }: { readonly code: unknown; readonly description: unknown }): boolean {
  return Number.isInteger(code) && typeof description === 'string';
}

/** The supergroup a group has become, when that is why the call was refused. */
export function migratedTo(error: unknown): number | undefined {
  return error instanceof TelegramError ? error.parameters?.migrate_to_chat_id : undefined;
}

function refusal(error: TelegramError, kind: CallKind): ChannelError {
  const { code, description } = error;
  const said = description.toLowerCase().replace(/^(?:bad request|forbidden): /, '');
  const detail = { detail: `${String(code)} ${description.slice(0, 200)}` };
  if (code === 429) return waitFailure('429', error.parameters?.retry_after, detail);
  if (code === 401) return new ChannelError('breaker', 'unauthorized', detail);
  if (code === 403) return byRow(ROWS[403], said, ['', 'target_gone', 'forbidden'], detail);
  if (code === 404) return notFound(said, detail);
  if (code === 409)
    return new ChannelError('park', said.includes('webhook') ? 'webhook_active' : 'other_poller', detail);
  if (code === 413) return new ChannelError('our_fault', 'too_big', detail);
  if (code >= 500) return new ChannelError(serverFailure(code, kind), String(code), detail);
  return byRow(ROWS[400], said, ['', 'our_fault', String(code)], detail);
}

function byRow(rows: readonly Row[], said: string, otherwise: Row, detail: { detail: string }): ChannelError {
  const [, failure, code] = rows.find(([start]) => said.startsWith(start)) ?? otherwise;
  return new ChannelError(failure, code, detail);
}

/** A wrong method is our bug; any other 404 means that the path with the token leads nowhere, for every call alike. */
function notFound(said: string, detail: { detail: string }): ChannelError {
  return said.includes('method')
    ? new ChannelError('our_fault', 'method_not_found', detail)
    : new ChannelError('breaker', 'not_found', detail);
}

/** Telegram's own 500 refuses; in its words as well a 502 or 504 may hide an answer that was given. */
function serverFailure(status: number, kind: CallKind): ChannelFailure {
  return status === 500 || status === 503 ? 'retry' : lost(kind);
}
