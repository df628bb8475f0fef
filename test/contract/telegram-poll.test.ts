import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { InboundEvent } from '../../src/channels/channel.ts';
import { createTelegramChannel } from '../../src/channels/telegram/channel.ts';
import { silentLog } from '../../src/lib/log.ts';
import { Secret } from '../../src/lib/secret.ts';
import { startStub, type Stub, type StubCall, type StubReply } from '../fixtures/slack/http-stub.ts';
import { callback, privateMessage, TOKEN } from '../fixtures/telegram/updates.ts';
import { FixedClock } from '../support/fixed-clock.ts';

let stub: Stub | undefined;
let stop: AbortController;

beforeEach(() => {
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await stub?.close();
  stub = undefined;
});

async function listen(
  respond: (call: StubCall) => StubReply,
  sink: (events: readonly InboundEvent[]) => Promise<void>,
  connected?: () => void,
): Promise<void> {
  stub = await startStub(respond);
  const channel = createTelegramChannel(
    { botToken: new Secret(TOKEN), apiRoot: stub.url },
    { clock: new FixedClock('2026-01-01T00:00:00Z'), log: silentLog },
  );
  return channel.listen(sink, stop.signal, connected);
}

const WEBHOOK_ACTIVE =
  "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
const batch = (...updates: unknown[]): StubReply => ({ json: { ok: true, result: updates } });
const texts = (events: readonly InboundEvent[]) =>
  events.map((event) => ('text' in event.happening ? event.happening.text : event.happening.kind));

/** The words of the first batch that gets through; nobody polls any longer after it. */
async function firstHeard(replies: StubReply[]): Promise<readonly string[]> {
  const heard: string[] = [];
  await listen(
    () => replies.shift() ?? 'hang',
    async (events) => {
      heard.push(...texts(events));
      stop.abort();
    },
  );
  return heard;
}

describe('long polling', () => {
  test('the next offset goes out only after the batch is committed, in order', async () => {
    const trace: string[] = [];
    const done = listen(
      (call) => {
        trace.push(`poll ${call.fields['offset'] ?? '-'}`);
        if (trace.length === 1) return batch(privateMessage({ text: '一' }, 11), privateMessage({ text: '二' }, 12));
        stop.abort();
        return 'hang';
      },
      async (events) => {
        await Promise.resolve();
        trace.push(`commit ${texts(events).join()}`);
      },
    );
    await done;

    expect(trace).toEqual(['poll -', 'commit 一,二', 'poll 13']);
    expect(stub?.calls[0]?.fields).toMatchObject({
      limit: '100',
      timeout: '25',
      allowed_updates: '["message","edited_message","callback_query","my_chat_member"]',
    });
  });

  test('a batch whose commit fails is asked for again from the same offset', async () => {
    const offsets: (string | undefined)[] = [];
    let commits = 0;
    await listen(
      (call) => {
        offsets.push(call.fields['offset']);
        return offsets.length < 4 ? batch(privateMessage({ text: '一' }, offsets.length === 1 ? 20 : 21)) : 'hang';
      },
      () => {
        commits += 1;
        if (commits === 3) stop.abort();
        return commits === 2 ? Promise.reject(new Error('store down')) : Promise.resolve();
      },
    );

    expect(offsets).toEqual([undefined, '21', '21']);
  });

  test('a one-tap answer stops spinning after its commit', async () => {
    const trace: string[] = [];
    await listen(
      (call) => {
        const method = call.path.split('/').at(-1) ?? '';
        trace.push(method);
        if (method === 'answerCallbackQuery') {
          stop.abort();
          return { json: { ok: true, result: true } };
        }
        return trace.length === 1 ? batch(callback('say:好')) : 'hang';
      },
      (events) => {
        trace.push(`commit ${texts(events).join()}`);
        return Promise.resolve();
      },
    );

    expect(trace.slice(0, 2)).toEqual(['getUpdates', 'commit 好']);
    expect(trace).toContain('answerCallbackQuery');
  });

  test('an abort ends a waiting poll at once', async () => {
    const done = listen(
      () => {
        setImmediate(() => stop.abort());
        return 'hang';
      },
      () => Promise.resolve(),
    );

    await expect(done).resolves.toBeUndefined();
  });

  test.each([
    [401, 'Unauthorized', 'breaker', 'unauthorized'],
    [
      409,
      'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
      'park',
      'other_poller',
    ],
  ])('%i %s ends the polling with a typed error', async (status, description, failure, code) => {
    const done = listen(
      () => ({ status, json: { ok: false, error_code: status, description } }),
      () => Promise.resolve(),
    );

    await expect(done).rejects.toMatchObject({ name: 'ChannelError', failure, code });
  });

  test('a webhook in the way is taken away, once, and what waits there is not thrown away', async () => {
    const conflict = { status: 409, json: { ok: false, error_code: 409, description: WEBHOOK_ACTIVE } };
    const replies: StubReply[] = [
      conflict,
      { status: 500, body: 'restart' },
      { json: { ok: true, result: true } },
      batch(privateMessage({ text: '还在' }, 30)),
      conflict,
    ];
    const heard: string[] = [];
    const done = listen(
      () => replies.shift() ?? 'hang',
      async (events) => void heard.push(...texts(events)),
    );

    await expect(done).rejects.toMatchObject({ failure: 'park', code: 'webhook_active' });
    expect(heard).toEqual(['还在']);
    const deletions = (stub?.calls ?? []).filter(({ path }) => path.endsWith('deleteWebhook'));
    expect(deletions.map(({ fields }) => fields)).toEqual([{}, {}]);
  });

  test('each poll that is answered says that Telegram has let us in, none that is refused does', async () => {
    const replies: StubReply[] = [
      batch(),
      { status: 401, json: { ok: false, error_code: 401, description: 'Unauthorized' } },
    ];
    let answered = 0;
    const done = listen(
      () => replies.shift() ?? 'hang',
      () => Promise.resolve(),
      () => (answered += 1),
    );

    await expect(done).rejects.toMatchObject({ code: 'unauthorized' });
    expect(answered).toBe(1);
  });

  test.each([
    ['no update can be read', batch({ update_id: '7' }, null)],
    ['the same updates come again', batch(privateMessage({ text: '一' }, 30))],
  ])('when %s the next poll waits', async (_, reply) => {
    const start = performance.now();
    let polls = 0;
    await listen(
      () => {
        polls += 1;
        if (polls === 3) stop.abort();
        return reply;
      },
      () => Promise.resolve(),
    );

    expect(performance.now() - start).toBeGreaterThan(150);
  });

  test('an answer that breaks off is asked for again at once', { timeout: 9_000 }, async () => {
    const replies: StubReply[] = ['break off', batch(privateMessage({ text: '回来了' }, 30))];

    expect(await firstHeard(replies)).toEqual(['回来了']);
  });

  test('a broken connection and a server fault are waited out', async () => {
    const replies: StubReply[] = [
      'drop',
      { status: 500, body: 'restart' },
      batch(privateMessage({ text: '回来了' }, 30)),
    ];

    expect(await firstHeard(replies)).toEqual(['回来了']);
  });
});
