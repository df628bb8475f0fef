import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Channel, RawRequest } from '../../src/channels/channel.ts';
import { createSlackChannel } from '../../src/channels/slack/channel.ts';
import { silentLog } from '../../src/lib/log.ts';
import { Secret } from '../../src/lib/secret.ts';
import { startStub, type Stub, type StubReply } from '../fixtures/slack/http-stub.ts';
import { directMessage, eventCallback, form, FORM, NOW, SECRET, signed } from '../fixtures/slack/requests.ts';
import { FixedClock } from '../support/fixed-clock.ts';

const OURS = 'T0001';
const OTHER = 'T0EVIL';
const me: StubReply = { json: { ok: true, team_id: OURS, user_id: 'UBOT', bot_id: 'B0001' } };

let stub: Stub | undefined;

afterEach(async () => {
  vi.useRealTimers();
  await stub?.close();
  stub = undefined;
});

async function slack(respond: () => StubReply, teamId?: string): Promise<Channel> {
  stub = await startStub(respond);
  return createSlackChannel(
    {
      botToken: new Secret('xoxb-1'),
      signingSecret: new Secret(SECRET),
      apiUrl: `${stub.url}api/`,
      ...(teamId === undefined ? {} : { teamId }),
    },
    { clock: new FixedClock(NOW), log: silentLog },
  );
}

async function outcome(channel: Channel, request: RawRequest, now = NOW): Promise<string> {
  const result = await channel.receive(request, now);
  return 'refused' in result ? `${String(result.status)} ${result.reason}` : `${result.events.length} taken`;
}

const json = (body: unknown): RawRequest => signed(JSON.stringify(body));
const payload = (body: unknown): RawRequest => signed(form({ payload: JSON.stringify(body) }), { contentType: FORM });
const command = (more: Record<string, string>): RawRequest =>
  signed(form({ command: '/daiban', text: '待办', user_id: 'U1', channel_id: 'D1', trigger_id: 'tr1', ...more }), {
    contentType: FORM,
  });
const event = (more: Record<string, unknown>) => json(eventCallback(directMessage('hi'), more));
const press = (more: Record<string, unknown>) =>
  payload({
    type: 'block_actions',
    user: { id: 'U1', team_id: OURS },
    channel: { id: 'D1' },
    container: { message_ts: '1.2' },
    actions: [{ type: 'button', action_id: 'approve', action_ts: '1760000001.1', value: 'abcd:1:approve' }],
    ...more,
  });
const granted = (team: string | null, enterprise: string | null = null) => ({
  authorizations: [{ team_id: team, enterprise_id: enterprise, user_id: 'UBOT', is_bot: true }],
});

describe('requests of another workspace, signed with the app’s own secret', () => {
  test.each([
    ['an event', event({ team_id: OTHER, ...granted(OTHER) })],
    ['an event without authorizations', event({ team_id: OTHER, authorizations: undefined })],
    ['a press', press({ team: { id: OTHER } })],
    ['a press by somebody who belongs to ours', press({ team: { id: OTHER }, user: { id: 'U1', team_id: OURS } })],
    ['a press in an organisation', press({ team: null, user: { id: 'U1' }, enterprise: { id: 'E0EVIL' } })],
    ['a slash command', command({ team_id: OTHER })],
    [
      'a form',
      payload({
        type: 'view_submission',
        team: { id: OURS },
        user: { id: 'U1' },
        view: { id: 'V1', app_installed_team_id: OTHER },
      }),
    ],
    ['a notice', json({ type: 'app_rate_limited', team_id: OTHER })],
  ])('%s is refused', async (_, request) => {
    const channel = await slack(() => me);

    expect(await outcome(channel, request)).toBe('403 foreign_workspace');
  });
});

describe('requests of our workspace', () => {
  test.each([
    ['an event', event({})],
    ['an event that names no installation', event({ authorizations: [{ user_id: 'UBOT', is_bot: true }] })],
    ['an event of a channel shared with another company', event({ team_id: OTHER, ...granted(OURS) })],
    ['an event of such a channel that names the other installation', event({ team_id: OURS, ...granted(OTHER) })],
    ['an event that names ours as its context', event({ team_id: OTHER, ...granted(OTHER), context_team_id: OURS })],
    ['a press', press({ team: { id: OURS } })],
    ['a press by a guest from another company', press({ team: { id: OURS }, user: { id: 'U9', team_id: OTHER } })],
    ['a press without a workspace', press({ team: null })],
    ['a slash command', command({ team_id: OURS })],
    [
      'a form opened in the other company’s workspace',
      payload({
        type: 'view_submission',
        team: { id: OTHER },
        user: { id: 'U1' },
        view: { id: 'V1', app_installed_team_id: OURS },
      }),
    ],
    ['a body that names none', command({})],
  ])('%s is taken', async (_, request) => {
    const channel = await slack(() => me);

    expect(await outcome(channel, request)).toBe('1 taken');
  });

  test('an app installed for an organisation takes what comes from any workspace of it, and nothing else', async () => {
    const channel = await slack(() => ({
      json: { ok: true, team_id: 'E0001', enterprise_id: 'E0001', is_enterprise_install: true },
    }));

    expect(await outcome(channel, event({ team_id: 'T0007', ...granted(null, 'E0001') }))).toBe('1 taken');
    expect(await outcome(channel, press({ team: null, enterprise: { id: 'E0001' } }))).toBe('1 taken');
    expect(await outcome(channel, press({ team: { id: OTHER }, enterprise: { id: 'E0EVIL' } }))).toBe(
      '403 foreign_workspace',
    );
  });

  test('an organisation in which only this workspace has the app is not taken for all of it', async () => {
    const channel = await slack(() => ({
      json: { ok: true, team_id: OURS, enterprise_id: 'E0001', is_enterprise_install: false },
    }));

    expect(await outcome(channel, event({ team_id: 'T0007', ...granted('T0007', 'E0001') }))).toBe(
      '403 foreign_workspace',
    );
  });
});

describe('which workspace is ours', () => {
  test('is asked once, only when somebody is to be told apart, and never where the settings say it', async () => {
    const channel = await slack(() => me);
    await outcome(channel, command({}));
    expect(stub?.calls).toHaveLength(0);

    await Promise.all([outcome(channel, event({})), outcome(channel, event({}))]);
    await outcome(channel, press({ team: { id: OTHER } }));
    expect(stub?.calls.map(({ path }) => path)).toEqual(['/api/auth.test']);
    await stub?.close();

    const named = await slack(() => 'drop', OURS);
    expect(await outcome(named, press({ team: { id: OTHER } }))).toBe('403 foreign_workspace');
    expect(stub?.calls).toHaveLength(0);
  });

  test('is not asked for a forged request', async () => {
    const channel = await slack(() => me);

    expect(await outcome(channel, { ...event({}), body: Buffer.from('{}') })).toBe('401 bad_signature');
    expect(stub?.calls).toHaveLength(0);
  });

  test.each<[string, StubReply]>([
    ['is down', 'drop'],
    ['refuses', { json: { ok: false, error: 'invalid_auth' } }],
    ['answers nonsense', { json: { ok: true, team_id: 7 } }],
  ])('stays open while Slack %s: everything is taken, and it is asked again half a minute later', async (_, reply) => {
    const replies: StubReply[] = [reply];
    const channel = await slack(() => replies.shift() ?? me);
    const evil = press({ team: { id: OTHER } });

    expect(await outcome(channel, evil)).toBe('1 taken');
    expect(await outcome(channel, evil)).toBe('1 taken');
    expect(stub?.calls).toHaveLength(1);
    expect(await outcome(channel, evil, new Date(NOW.getTime() + 30_000))).toBe('403 foreign_workspace');
  });

  test('keeps a request waiting for one second while Slack is silent, and the ones after it not at all', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const channel = await slack(() => 'hang');
    const waiting = outcome(channel, event({}));
    let isDone = false;
    void waiting.then(() => (isDone = true));

    await vi.advanceTimersByTimeAsync(999);
    expect(isDone).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await waiting).toBe('1 taken');
    expect(await outcome(channel, event({}))).toBe('1 taken');
  });
});
