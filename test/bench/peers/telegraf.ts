/**
 * The peer: a telegraf 4 bot as its documentation builds one. A wizard scene, `session({ store })` with an asynchronous
 * store on PostgreSQL, `webhookCallback` on a plain node:http server. Neither deduplication nor outbox: the reply is sent
 * before the session is saved. Settings: DATABASE_URL, API_ROOT; WEBHOOK_REPLY=true leaves the reply in the webhook's own
 * response (telegraf's default, but then nobody knows whether it arrived); KEEP_ALIVE=true keeps connections to the stub.
 */
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'pg';
import { Markup, Scenes, session, Telegraf, type Context, type SessionStore } from 'telegraf';

interface IntakeSession extends Scenes.WizardSessionData {
  name?: string;
}

type IntakeContext = Scenes.WizardContext<IntakeSession>;

const pool = new Pool({ connectionString: process.env['DATABASE_URL'], max: 16, min: 2, idleTimeoutMillis: 60_000 });
await pool.query('CREATE TABLE IF NOT EXISTS telegraf_sessions (key text PRIMARY KEY, session jsonb NOT NULL)');

const store: SessionStore<Scenes.WizardSession<IntakeSession>> = {
  async get(key) {
    const { rows } = await pool.query<{ session: Scenes.WizardSession<IntakeSession> }>({
      name: 'session-get',
      text: 'SELECT session FROM telegraf_sessions WHERE key = $1',
      values: [key],
    });
    return rows[0]?.session;
  },
  async set(key, value) {
    await pool.query({
      name: 'session-set',
      text: 'INSERT INTO telegraf_sessions (key, session) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET session = excluded.session',
      values: [key, JSON.stringify(value)],
    });
  },
  async delete(key) {
    await pool.query({ name: 'session-delete', text: 'DELETE FROM telegraf_sessions WHERE key = $1', values: [key] });
  },
};

function textOf(ctx: Context): string {
  return ctx.message && 'text' in ctx.message ? ctx.message.text : '';
}

async function cancel(ctx: IntakeContext): Promise<unknown> {
  await ctx.reply('已放到一边。');
  return ctx.scene.leave();
}

const intake = new Scenes.WizardScene<IntakeContext>(
  'intake',
  async (ctx) => {
    await ctx.reply('客户怎么称呼？');
    return ctx.wizard.next();
  },
  async (ctx) => {
    if (textOf(ctx) === '取消') return cancel(ctx);
    ctx.scene.session.name = textOf(ctx);
    await ctx.reply('客户的手机号是多少？');
    return ctx.wizard.next();
  },
  async (ctx) => {
    const text = textOf(ctx);
    if (text === '取消') return cancel(ctx);
    if (text === '上一步') {
      const keep = Markup.keyboard(['不变']).oneTime();
      await ctx.reply(`姓名现在是 ${ctx.scene.session.name ?? ''}，要改成什么？不改请回「不变」。`, keep);
      return ctx.wizard.back();
    }
    await ctx.reply(/^1[3-9]\d{9}$/.test(text) ? '记下了。' : '手机号应是 11 位，请再发一次。');
    return undefined;
  },
);

const bot = new Telegraf<IntakeContext>('4242:bench', {
  telegram: {
    apiRoot: process.env['API_ROOT'] ?? '',
    webhookReply: process.env['WEBHOOK_REPLY'] === 'true',
  },
});
// telegraf drops its keep-alive agent where the API root is plain http, as a stub's is; against the real platform it has one.
if (process.env['KEEP_ALIVE'] === 'true') bot.telegram.options.agent = new Agent({ keepAlive: true });
// What `getMe` would give; the documentation sets it so that a webhook needs no call of its own.
bot.botInfo = {
  id: 4242,
  is_bot: true,
  first_name: 'bench',
  username: 'bench_bot',
  can_join_groups: true,
  can_read_all_group_messages: false,
  supports_inline_queries: false,
};
bot.use(session({ store }));
bot.use(new Scenes.Stage<IntakeContext>([intake]).middleware());
bot.hears('新客户', async (ctx) => ctx.scene.enter('intake'));

const webhook = bot.webhookCallback('/telegram', { secretToken: 'bench-secret' });
const server = createServer((request, response) => void webhook(request, response));
server.listen(0, '127.0.0.1', () => console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}`));
process.once('SIGTERM', () => process.exit(0));
