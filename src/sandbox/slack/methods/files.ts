/** `files.*`: the three steps of an upload, and file info. Source: docs.slack.dev/messaging/working-with-files. */
import { type Fields, fieldsOf, rowOf, textOf, wordOf } from '../../kernel/values.ts';
import type { Args } from '../args.ts';
import { type Content, readContent } from '../content.ts';
import type { SlackCore } from '../core.ts';
import { fileObject } from '../objects.ts';
import { type Conversation, type SlackFile, SlackRefusal } from '../types.ts';
import type { MethodTable } from './method.ts';

const MAX_CHANNELS = 100;
const MAX_FILE_BYTES = 1_000_000_000;

/** Media type by file name, as Slack guesses it. */
const MIME: Readonly<Record<string, string>> = {
  pdf: 'application/pdf',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  txt: 'text/plain',
  csv: 'text/csv',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

function getUploadUrl(core: SlackCore, args: Args): Fields {
  const { workspace } = core;
  const name = args.must('filename');
  const announced = args.int('length', 0);
  if (announced <= 0)
    throw new SlackRefusal('missing_argument', {
      response_metadata: { messages: ['[ERROR] missing required field: length'] },
    });
  if (announced > MAX_FILE_BYTES) throw new SlackRefusal('file_upload_size_restricted');
  const id = workspace.nextId('F');
  const mime = rowOf(MIME, name.split('.').at(-1)?.toLowerCase() ?? '') ?? 'application/octet-stream';
  workspace.files.set(id, {
    id,
    name,
    mime,
    announced,
    user: workspace.botUserId,
    title: name,
    bytes: Buffer.alloc(0),
    created: workspace.seconds(),
    state: 'announced',
    shares: new Map(),
  });
  return { upload_url: `${workspace.publicBase}/upload/v1/${id}`, file_id: id };
}

/** Takes the bytes of step two: the announced length, once. @throws SlackRefusal. */
export function receiveUpload(core: SlackCore, fileId: string, bytes: Buffer): void {
  const file = core.workspace.files.get(fileId);
  if (file === undefined || file.state !== 'announced') throw new SlackRefusal('file_not_found');
  if (bytes.length !== file.announced) throw new SlackRefusal('length_mismatch');
  file.bytes = bytes;
  file.state = 'uploaded';
}

function listedFiles(core: SlackCore, args: Args): readonly SlackFile[] {
  const listed = args.json('files', 'invalid_arguments');
  if (!Array.isArray(listed) || listed.length === 0) throw new SlackRefusal('invalid_arguments');
  return listed.map(fieldsOf).map((entry) => {
    const file = core.workspace.files.get(wordOf(entry['id']));
    if (file === undefined || file.state !== 'uploaded') throw new SlackRefusal('file_not_found');
    file.title = textOf(entry['title']) ?? file.title;
    return file;
  });
}

function sharingPlaces(core: SlackCore, args: Args): readonly Conversation[] {
  const ids = (args.text('channel_id') ?? args.text('channels') ?? '').split(',').filter((id) => id !== '');
  if (ids.length > MAX_CHANNELS) throw new SlackRefusal('channels_limit_exceeded');
  return ids.map((id) => {
    const place = core.workspace.conversations.get(id);
    if (place === undefined) throw new SlackRefusal('invalid_channel');
    if (!place.members.has(core.workspace.botUserId)) throw new SlackRefusal('not_in_channel');
    if (place.isArchived) throw new SlackRefusal('posting_to_channel_denied');
    return place;
  });
}

function completeUpload(core: SlackCore, args: Args): Fields {
  const files = listedFiles(core, args);
  const places = sharingPlaces(core, args);
  const content = readContent(core.workspace, args);
  for (const file of files) file.state = 'complete';
  for (const place of places)
    share(core, place, files, { content, comment: args.text('initial_comment'), threadTs: args.text('thread_ts') });
  return { files: files.map((file) => fileObject(core.workspace, file)) };
}

interface Sharing {
  readonly content: Content;
  readonly comment: string | undefined;
  readonly threadTs: string | undefined;
}

/** Posts the message that shows the files; its events may overtake the answer of the call. */
function share(
  core: SlackCore,
  place: Conversation,
  files: readonly SlackFile[],
  { content, comment, threadTs }: Sharing,
): void {
  const draft = {
    user: core.workspace.botUserId,
    fromBot: true,
    text: comment ?? '',
    blocks: content.blocks,
    threadTs,
    files,
  };
  const message = core.workspace.append(place, draft);
  for (const file of files) file.shares.set(place.id, message.ts);
  void core.feed.posted(place, message);
  for (const file of files) void core.feed.fileShared(place, file);
}

function info(core: SlackCore, args: Args): Fields {
  const file = core.workspace.files.get(args.must('file'));
  if (file === undefined || file.state === 'announced' || file.state === 'uploaded')
    throw new SlackRefusal('file_not_found');
  if (file.state === 'deleted') throw new SlackRefusal('file_deleted');
  return { file: fileObject(core.workspace, file), comments: [] };
}

/** The `files.*` rows. */
export const fileMethods: MethodTable = {
  'files.getUploadURLExternal': {
    tier: 't4',
    scopes: ['files:write'],
    known: ['filename', 'length', 'alt_txt', 'alt_text', 'snippet_type'],
    run: getUploadUrl,
  },
  'files.completeUploadExternal': {
    tier: 't4',
    scopes: ['files:write'],
    known: ['files', 'channel_id', 'channels', 'thread_ts', 'initial_comment', 'blocks'],
    run: completeUpload,
  },
  'files.info': { tier: 't4', scopes: ['files:read'], known: ['file', 'cursor', 'limit', 'page', 'count'], run: info },
};
