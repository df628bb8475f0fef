/** The app's own group chats (appchat). Only for apps that see the whole corp; no template cards; replies never come back. */
import { z } from 'zod';
import { newToken } from '../../lib/ids.ts';
import { SlidingWindows } from '../kernel/bucket.ts';
import type { Directory } from './directory.ts';
import { demand, WecomFault } from './fault.ts';
import type { MediaStore } from './media.ts';
import { bodyShape, renderMessage } from './message-body.ts';
import type { CallResult } from './messages.ts';
import type { WecomApp } from './options.ts';
import { parseBody } from './parse.ts';
import type { Phones } from './phones.ts';
import { platformDay, Quota } from './quota.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const createSchema = z.object({
  name: z.string().optional(),
  owner: z.string().optional(),
  userlist: z.array(z.string()).optional(),
  chatid: z.string().optional(),
});

const updateSchema = z.object({
  chatid: z.string().optional(),
  name: z.string().optional(),
  owner: z.string().optional(),
  add_user_list: z.array(z.string()).optional(),
  del_user_list: z.array(z.string()).optional(),
});

const sendSchema = z.object({ ...bodyShape, chatid: z.string().optional(), safe: z.int().optional() });

interface Group {
  readonly agentId: number;
  readonly chatid: string;
  readonly name: string;
  readonly owner: string;
  readonly userlist: readonly string[];
}

/** All groups that apps have made. */
export class GroupChats {
  readonly #directory: Directory;
  readonly #media: MediaStore;
  readonly #phones: Phones;
  readonly #groups = new Map<string, Group>();
  readonly #created = new Quota(1_000, DAY_MS);
  readonly #personTimes = new Quota(20_000, MINUTE_MS);
  readonly #perMember = new SlidingWindows([
    { count: 200, windowMs: MINUTE_MS },
    { count: 10_000, windowMs: DAY_MS },
  ]);

  constructor(directory: Directory, media: MediaStore, phones: Phones) {
    this.#directory = directory;
    this.#media = media;
    this.#phones = phones;
  }

  /** @throws WecomFault 48002 no root range; 86215 chatid exists; 86216 bad members; 45009. */
  create(app: WecomApp, body: unknown, now: Date): CallResult {
    demandRoot(app);
    const { value, unknown } = parseBody(createSchema, body);
    const chatid = value.chatid ?? newToken(32);
    demand(/^[0-9a-zA-Z]{1,32}$/.test(chatid), 40035, 'invalid parameter: chatid');
    demand(!this.#groups.has(chatid), 86215, 'chatid already exists');
    const userlist = [...new Set(value.userlist ?? [])];
    demand(userlist.length >= 2 && userlist.length <= 2_000, 86216, 'invalid userlist size');
    demand(
      userlist.every((id) => this.#directory.isVisible(app, id)),
      86216,
      'invalid chat member',
    );
    demand(this.#created.take(String(platformDay(now)), now), 45009, 'api freq out of limit');
    const name = Array.from(value.name ?? '')
      .slice(0, 50)
      .join('');
    this.#groups.set(chatid, { agentId: app.agentId, chatid, name, owner: value.owner ?? userlist[0] ?? '', userlist });
    return { json: { chatid }, unknown };
  }

  update(app: WecomApp, body: unknown): CallResult {
    const { value, unknown } = parseBody(updateSchema, body);
    const group = this.#own(app, value.chatid);
    const added = value.add_user_list ?? [];
    demand(
      added.every((id) => this.#directory.isVisible(app, id)),
      86216,
      'invalid chat member',
    );
    const removed = new Set(value.del_user_list);
    const userlist = [...new Set([...group.userlist, ...added])].filter((id) => !removed.has(id));
    const { name = group.name, owner = group.owner } = value;
    this.#groups.set(group.chatid, { ...group, name, owner, userlist });
    return { json: {}, unknown };
  }

  get(app: WecomApp, chatid: string | undefined): CallResult {
    const { name, owner, userlist, ...group } = this.#own(app, chatid);
    return { json: { chat_info: { chatid: group.chatid, name, owner, userlist } } };
  }

  /** @throws WecomFault 40008 for a template_card; above the limit per member a message is dropped in silence. */
  send(app: WecomApp, body: unknown, now: Date): CallResult {
    const { value, unknown } = parseBody(sendSchema, body);
    const group = this.#own(app, value.chatid);
    demand(value.msgtype !== 'template_card', 40008, 'invalid message type');
    const { text, file, screenCard } = renderMessage(value, this.#media, now);
    demand(this.#personTimes.take('corp', now, group.userlist.length), 45009, 'api freq out of limit');
    const id = newToken(50);
    for (const member of group.userlist) {
      if (this.#perMember.take(member, now) > 0) continue;
      const entry = { id, agentId: app.agentId, from: 'bot' as const, at: now, text };
      this.#phones.show(member, { ...entry, ...(file && { file }), ...(screenCard && { screenCard }) });
    }
    return { json: {}, unknown };
  }

  /** @throws WecomFault 40050 unknown chatid; 86008 another app's. */
  #own(app: WecomApp, chatid: string | undefined): Group {
    demandRoot(app);
    const group = this.#groups.get(chatid ?? '');
    if (group === undefined) throw new WecomFault(40050, 'invalid chatid');
    demand(group.agentId === app.agentId, 86008, 'chat not created by this agent');
    return group;
  }
}

function demandRoot(app: WecomApp): void {
  demand(app.visible === undefined, 48002, 'api forbidden: visible range is not the root department');
}
