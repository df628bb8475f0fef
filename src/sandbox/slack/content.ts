/** What an app may put into a message, and what becomes of it. */
import { type Fields, fieldsOf, isFields, textOf, wordOf } from '../kernel/values.ts';
import type { Args } from './args.ts';
import { blockFaults, withIds } from './blocks.ts';
import { storeText } from './mrkdwn.ts';
import { SlackRefusal } from './types.ts';
import type { Workspace } from './workspace.ts';

/** Longer texts are cut (docs.slack.dev, chat.postMessage). */
const TRUNCATE_AT = 40_000;
/** Longer texts come out as several messages (measured by a third party, Aug 2026). */
const SPLIT_AT = 4040;
const MAX_ATTACHMENTS = 100;
/** Slack does not state the size; this is the strictest guess our ids must stay under. */
const MAX_METADATA_BYTES = 8192;

/** Checked content arguments of one call. */
export interface Content {
  /** Stored form; `undefined` when the call names no text. */
  readonly text: string | undefined;
  /** `undefined` when the call names none; an empty list takes blocks away. */
  readonly blocks: readonly Fields[] | undefined;
  readonly attachments: readonly unknown[] | undefined;
  readonly metadata: Fields | undefined;
  readonly isTruncated: boolean;
}

/** Reads and checks the content arguments of a call. @throws SlackRefusal. */
export function readContent(workspace: Workspace, args: Args): Content {
  const text = args.text('text') ?? args.text('markdown_text');
  if (args.has('markdown_text') && (args.has('text') || args.has('blocks')))
    throw new SlackRefusal('markdown_text_conflict');
  return {
    text: text === undefined ? undefined : storeText(text.slice(0, TRUNCATE_AT)),
    blocks: readBlocks(workspace, args.json('blocks', 'invalid_blocks_format')),
    attachments: readAttachments(args.json('attachments', 'invalid_attachments')),
    metadata: readMetadata(args.json('metadata', 'invalid_metadata_format')),
    isTruncated: (text?.length ?? 0) > TRUNCATE_AT,
  };
}

/** Checked blocks with their ids filled in. @throws SlackRefusal `invalid_blocks_format`, `invalid_blocks`. */
function readBlocks(workspace: Workspace, blocks: unknown): readonly Fields[] | undefined {
  if (blocks === undefined || blocks === null) return undefined;
  if (!Array.isArray(blocks)) throw new SlackRefusal('invalid_blocks_format');
  const faults = blockFaults(blocks, 'message');
  if (faults.length > 0)
    throw new SlackRefusal('invalid_blocks', {
      errors: faults.map(bareFault),
      response_metadata: { messages: faults },
    });
  return withIds(blocks, () => workspace.nextId('b'));
}

function bareFault(fault: string): string {
  return fault.replace('[ERROR] ', '');
}

function readAttachments(attachments: unknown): readonly unknown[] | undefined {
  if (attachments === undefined || attachments === null) return undefined;
  if (!Array.isArray(attachments)) throw new SlackRefusal('invalid_attachments');
  if (attachments.length > MAX_ATTACHMENTS) throw new SlackRefusal('too_many_attachments');
  return attachments;
}

function readMetadata(metadata: unknown): Fields | undefined {
  if (metadata === undefined || metadata === null) return undefined;
  const fields = fieldsOf(metadata);
  const isWhole = textOf(fields['event_type']) !== undefined && isFields(fields['event_payload']);
  if (!isWhole) throw new SlackRefusal('invalid_metadata_format');
  if (Buffer.byteLength(JSON.stringify(fields)) > MAX_METADATA_BYTES) throw new SlackRefusal('metadata_too_large');
  return { event_type: wordOf(fields['event_type']), event_payload: fields['event_payload'] };
}

/** True when there is nothing to show. */
export function isEmpty(content: Content): boolean {
  return content.text === undefined && isNone(content.blocks) && isNone(content.attachments);
}

function isNone(list: readonly unknown[] | undefined): boolean {
  return list === undefined || list.length === 0;
}

/** The pieces one long text comes out as. */
export function splitText(text: string): readonly string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += SPLIT_AT) pieces.push(text.slice(at, at + SPLIT_AT));
  return pieces.length === 0 ? [''] : pieces;
}
