/** The calls a self-built app can make here; message, card and file work is in the rooms they name. */
import { z } from 'zod';
import type { Call, OpenRoute, Outcome, Route } from './api.ts';
import type { Directory } from './directory.ts';
import { demand } from './fault.ts';
import type { GroupChats } from './group-chats.ts';
import type { MediaStore } from './media.ts';
import type { MessageDesk } from './messages.ts';
import type { WecomApp } from './options.ts';
import { parseBody } from './parse.ts';
import { Quota } from './quota.ts';
import type { Robots } from './robots.ts';
import { newToken } from '../../lib/ids.ts';
import type { TokenOffice } from './tokens.ts';

const HOUR_MS = 3_600_000;

/** Where the work behind the routes is done. */
export interface RouteRooms {
  readonly directory: Directory;
  readonly desk: MessageDesk;
  readonly media: MediaStore;
  readonly groups: GroupChats;
  readonly robots: Robots;
  readonly tokens: TokenOffice;
}

/** A call that is answered by JSON; counted in the base quota unless `own` says otherwise. */
function get(query: readonly string[], run: (call: Call) => Outcome, options: { capped?: boolean } = {}): Route {
  return { method: 'GET', query, counted: true, ...options, run };
}

function post(run: (call: Call) => Outcome | Promise<Outcome>, options: Partial<Route> = {}): Route {
  return { method: 'POST', counted: true, ...options, run };
}

/** Every call of an app, by the path behind `/cgi-bin/`. */
export function appRoutes(rooms: RouteRooms): ReadonlyMap<string, Route> {
  const { directory, desk, media, groups } = rooms;
  const form = { form: true, query: ['type'] };
  return new Map<string, Route>([
    // App messages do not count in the base quota [doc 90312].
    ['message/send', post(({ app, body, now }) => desk.send(app, body, now), { counted: false })],
    ['message/update_template_card', post(({ app, body, now }) => desk.update(app, body, now))],
    ['message/recall', post(({ app, body, now }) => desk.recall(app, body, now))],
    ['media/upload', post(async (call) => ({ json: await media.upload(upload(call), call.now) }), form)],
    ['media/get', get(['media_id'], (call) => ({ file: download(media, call) }), { capped: true })],
    ['appchat/create', post(({ app, body, now }) => groups.create(app, body, now))],
    ['appchat/update', post(({ app, body }) => groups.update(app, body))],
    ['appchat/get', get(['chatid'], ({ app, query }) => groups.get(app, query.get('chatid') ?? undefined))],
    ['appchat/send', post(({ app, body, now }) => groups.send(app, body, now))],
    ['agent/get', get(['agentid'], ({ app, query }) => describeApp(directory, app, query.get('agentid')))],
    ['user/get', get(['userid'], ({ app, query }) => ({ json: directory.describe(app, query.get('userid') ?? '') }))],
    ...listRoutes(directory),
    ...ticketRoutes(),
  ]);
}

function listRoutes(directory: Directory): [string, Route][] {
  const capped = { capped: true };
  return [
    ['user/list_id', post((call) => listIds(directory, call), capped)],
    ['user/simplelist', get(['department_id', 'fetch_child'], (call) => simpleList(directory, call), capped)],
    ['department/list', get(['id'], () => ({ json: { department: directory.departmentList() } }), capped)],
    ['department/simplelist', get(['id'], () => ({ json: { department_id: directory.departmentIds() } }), capped)],
    ['getcallbackip', get([], () => ({ json: { ip_list: ['127.0.0.1'] } }))],
  ];
}

const listIdSchema = z.object({ cursor: z.string().optional(), limit: z.int().optional() });

/** Pages of `limit` (≤ 10 000); the cursor is the place in the list. */
function listIds(directory: Directory, { app, body }: Call): Outcome {
  const { value, unknown } = parseBody(listIdSchema, body);
  const start = Number(value.cursor ?? '0');
  demand(Number.isSafeInteger(start) && start >= 0, 50100, 'invalid cursor');
  const limit = Math.min(value.limit ?? 10_000, 10_000);
  const all = directory.visibleTo(app);
  const page = all.slice(start, start + limit).map(({ id }) => ({ userid: id, department: 1 }));
  const next = start + page.length < all.length ? String(start + page.length) : '';
  return { json: { next_cursor: next, dept_user: page }, unknown };
}

function simpleList(directory: Directory, { app, query }: Call): Outcome {
  const members = directory.departmentMembers(
    app,
    Number(query.get('department_id')),
    query.get('fetch_child') === '1',
  );
  return { json: { userlist: members.map(({ id, name }) => ({ userid: id, name, department: [1] })) } };
}

function describeApp(directory: Directory, app: WecomApp, agentId: string | null): Outcome {
  demand(agentId !== null && /^\d+$/.test(agentId), 40056, 'invalid agentid');
  demand(Number(agentId) === app.agentId, 301002, 'not allow operate another agent with this accesstoken');
  const user = directory.visibleTo(app).map(({ id }) => ({ userid: id }));
  return { json: { agentid: app.agentId, name: app.name ?? '', allow_userinfos: { user }, close: 0 } };
}

/** jsapi_ticket: 400 an hour for the corp, 100 for an app; the same ticket while it lives [doc 90506]. */
function ticketRoutes(): [string, Route][] {
  const byCorp = new Quota(400, HOUR_MS);
  const byApp = new Quota(100, HOUR_MS);
  const tickets = new Map<string, { readonly ticket: string; readonly until: number }>();
  const issue = (kind: string, { app, now }: Call): Outcome => {
    demand(byCorp.take('corp', now), 45009, 'api freq out of limit');
    demand(byApp.take(String(app.agentId), now), 45009, 'api freq out of limit');
    const known = tickets.get(kind);
    const fresh = { ticket: newToken(86), until: now.getTime() + 2 * HOUR_MS };
    const current = known !== undefined && known.until > now.getTime() ? known : fresh;
    tickets.set(kind, current);
    return { json: { ticket: current.ticket, expires_in: Math.floor((current.until - now.getTime()) / 1_000) } };
  };
  return [
    ['get_jsapi_ticket', get([], (call) => issue('corp', call))],
    ['ticket/get', get(['type'], (call) => issue(`agent ${call.app.agentId}`, call))],
  ];
}

/** What works without access_token. */
export function openRoutes({ tokens, robots }: RouteRooms): ReadonlyMap<string, OpenRoute> {
  const key = (query: URLSearchParams): string => query.get('key') ?? '';
  return new Map<string, OpenRoute>([
    [
      'gettoken',
      {
        query: ['corpid', 'corpsecret', 'debug'],
        run: ({ query, now }, ip) => ({ json: tokens.issue(query, ip, now) }),
      },
    ],
    ['webhook/send', { query: ['key'], run: ({ query, body, now }) => robots.send(key(query), body, now) }],
    [
      'webhook/upload_media',
      {
        query: ['key', 'type'],
        form: true,
        run: async (call) => ({ json: await robots.upload(key(call.query), upload(call), call.now) }),
      },
    ],
  ]);
}

function upload({ query, headers, raw }: Omit<Call, 'app'>): {
  type: string | null;
  contentType: string | undefined;
  body: Buffer;
} {
  return { type: query.get('type'), contentType: headers['content-type'], body: raw };
}

function download(media: MediaStore, { query, headers, now }: Call): ReturnType<MediaStore['download']> {
  return media.download(query.get('media_id') ?? undefined, headers.range, now);
}
