/** getMe, getFile, getChat, getChatMember, setMyCommands, getMyCommands. */
import { compact, type Fields, fieldsOf, wordOf } from '../../kernel/values.ts';
import type { Args } from '../args.ts';
import type { TelegramCore } from '../core.ts';
import { badRequest, type StoredFile } from '../types.ts';
import type { MethodTable } from './method.ts';

const MAX_DOWNLOAD = 20 * 2 ** 20;
const LINK_MS = 3_600_000;
const MAX_COMMANDS = 100;

function getMe({ world }: TelegramCore): Fields {
  const abilities = { can_join_groups: true, can_read_all_group_messages: false, supports_inline_queries: false };
  return { ...world.user(world.botId), ...abilities, can_connect_to_business: false, has_main_web_app: false };
}

/** A link good for an hour. @throws TelegramRefusal for an unknown file or one over 20 MB. */
function getFile({ world }: TelegramCore, args: Args): Fields {
  const id = args.text('file_id') ?? '';
  if (id === '') throw badRequest('file_id not specified');
  const file = world.files.get(id);
  if (file === undefined) throw badRequest('wrong file_id or the file is temporarily unavailable');
  if (file.bytes.length > MAX_DOWNLOAD) throw badRequest('file is too big');
  const path = file.link?.path ?? `${folder(file)}/file_${world.nextNumber()}.${extension(file)}`;
  file.link = { path, until: world.clock.now().getTime() + LINK_MS };
  return { file_id: file.id, file_unique_id: file.uniqueId, file_size: file.bytes.length, file_path: path };
}

function folder({ kind }: StoredFile): string {
  return { photo: 'photos', document: 'documents', voice: 'voice', video: 'videos' }[kind];
}

/** The path keeps neither name nor type of the original, only an extension. */
function extension({ kind, name }: StoredFile): string {
  if (kind === 'photo') return 'jpg';
  if (kind === 'voice') return 'oga';
  return /\.([A-Za-z0-9]{1,8})$/.exec(name ?? '')?.[1] ?? 'bin';
}

function getChat(core: TelegramCore, args: Args): Fields {
  const chat = core.chat(args.text('chat_id'));
  return { ...core.world.chatObject(chat), accent_color_id: 0, max_reaction_count: 11, accepted_gift_types: {} };
}

function getChatMember(core: TelegramCore, args: Args): Fields {
  const chat = core.chat(args.text('chat_id'));
  const id = Number(args.text('user_id') ?? Number.NaN);
  const status =
    id === core.world.botId ? chat.botStatus : (chat.members.get(id) ?? (chat.userId === id ? 'member' : undefined));
  if (status === undefined) throw badRequest('PARTICIPANT_ID_INVALID');
  return { user: core.world.user(id), status };
}

function setMyCommands(core: TelegramCore, args: Args): boolean {
  const commands = args.json('commands', 'commands');
  if (!Array.isArray(commands)) throw badRequest("can't parse commands JSON array");
  if (commands.length > MAX_COMMANDS) throw badRequest('BOT_COMMANDS_TOO_MUCH');
  core.commands = commands.map(fieldsOf).map(checkedCommand);
  return true;
}

function checkedCommand(fields: Fields): Fields {
  const command = wordOf(fields['command']).replace(/^\//, '');
  const description = wordOf(fields['description']).trim();
  if (!/^[a-z0-9_]{1,32}$/.test(command)) throw badRequest('BOT_COMMAND_INVALID');
  if (description === '' || description.length > 256) throw badRequest('BOT_COMMAND_DESCRIPTION_INVALID');
  return { command, description };
}

const result = (run: (core: TelegramCore, args: Args) => unknown) => (core: TelegramCore, args: Args) => ({
  result: run(core, args),
});

/** The rows that belong nowhere else. */
export const miscMethods: MethodTable = {
  getMe: { known: [], run: result(getMe) },
  getFile: { known: ['file_id'], run: result(getFile) },
  getChat: { known: ['chat_id'], run: result(getChat) },
  getChatMember: { known: ['chat_id', 'user_id'], run: result(getChatMember) },
  setMyCommands: { known: ['commands', 'scope', 'language_code'], run: result(setMyCommands) },
  getMyCommands: {
    known: ['scope', 'language_code'],
    run: (core) => ({ result: core.commands.map((one) => compact(one)) }),
  },
};
