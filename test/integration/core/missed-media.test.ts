/** A file that its platform does not give at once: asked for again as patiently as a message is sent. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ChannelError } from '../../../src/channels/channel.ts';
import { SYSTEM_ACTOR } from '../../../src/core/operations/actor.ts';
import { inUnit } from '../../../src/core/unit/unit.ts';
import { PassingFault } from '../../../src/db/faults.ts';
import { fetchNext, type MediaJobDeps } from '../../../src/jobs/media.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { jpegFile } from '../../support/files.ts';

const company = useCompany();
const { slack } = company.channels;
const OPEN = `timers WHERE kind = 'media.fetch' AND state = 'OPEN'`;
let sales: StaffActor;
let sent = 0;

beforeAll(async () => {
  sales = await company.addStaff('小林', ['sales'], { slack: 'U0LIN' });
});

/** A colleague sends a photo for a customer of his. */
beforeEach(async () => {
  sent += 1;
  const facts = { name: '何女士', phone: String(13_600_008_000 + sent), amount: '100000.00', term: 12 };
  const { leadNumber } = (await company.call(sales, 'lead.capture', { facts })) as { readonly leadNumber: string };
  const media = [{ id: `photo ${sent}`, kind: 'image' }] as const;
  await company.receive(slack, 'U0LIN', { kind: 'message', messageId: `m${sent}`, text: `${leadNumber} 流水`, media });
  await company.drain();
  slack.sent.length = 0;
});

/** The media job of one worker; what the platform answers, or the photo. */
function job(platform: () => Error | undefined = () => undefined, more: Partial<MediaJobDeps> = {}): MediaJobDeps {
  const { base } = company;
  slack.onFetch = async ({ id }) => {
    const failure = platform();
    if (failure) throw failure;
    return jpegFile(id);
  };
  return {
    database: base.database,
    keys: base.keys,
    unit: base.unit,
    channels: new Map([[slack.account, slack]]),
    intake: base.parts.intake(base.database, base.services),
    attach: async (tx, message, fileIds) => base.parts.attachFiles(tx, message, fileIds),
    wake: () => undefined,
    log: silentLog,
    ...more,
  };
}

/** Looks every half minute of so many; gives how often the platform was asked. */
async function missed(minutes: number, failure: () => Error): Promise<number> {
  let asked = 0;
  const deps = job(() => {
    asked += 1;
    return failure();
  });
  for (let looks = 0; looks < minutes * 2; looks += 1) {
    while ((await fetchNext(deps)) > 0);
    await company.advance(30_000);
  }
  await company.drain();
  return asked;
}

/** So long later the platform gives it. */
async function given(later: number): Promise<readonly string[]> {
  await company.advance(later);
  while ((await fetchNext(job())) > 0);
  await company.drain();
  return slack.said('U0LIN');
}

const FILED = [expect.stringMatching(/^收到（K\d+），已归到「[^」]*流水/)];

describe('a photo the platform does not give', () => {
  test.each(['retry', 'wait', 'unknown', 'breaker', 'refresh'] as const)(
    'for an hour and a half (%s) is asked for less and less often, and filed when it comes',
    async (failure) => {
      const asked = await missed(90, () => new ChannelError(failure, 'away'));

      expect(asked).toBeLessThan(20);
      expect(slack.said('U0LIN')).toEqual([]);
      expect(await given(600_000)).toEqual(FILED);
    },
  );

  test('before an hour is not asked for before that; after two hours it is asked for the last time', async () => {
    const hourly = (): Error => new ChannelError('wait', '429', { retryAfterMs: 3_600_000 });

    expect(await missed(59, hourly)).toBe(1);
    expect(await missed(65, hourly)).toBe(2);
    expect(slack.said('U0LIN').at(-1)).toMatch(/^文件打不开/);
    expect(await company.count(OPEN)).toBe(0);
  });

  test('loses no patience to three workers that die', async () => {
    await company.db.pool.query(`UPDATE timers SET attempts = 3 WHERE kind = 'media.fetch' AND state = 'OPEN'`);

    await missed(1, () => new ChannelError('retry', 'away'));

    expect(await given(600_000)).toEqual(FILED);
  });

  test('and that then cannot be stored is tried as often as if it had come at once', async () => {
    await missed(30, () => new ChannelError('retry', 'away'));
    await company.advance(600_000);
    const intake = company.base.parts.intake(company.base.database, company.base.services);
    const full = { ...intake, store: async () => Promise.reject(new Error('ENOSPC')) };

    await expect(fetchNext(job(undefined, { intake: full }))).rejects.toThrow('ENOSPC');

    expect(await given(61_000)).toEqual(FILED);
  });
});

describe('a photo that four workers have died of', () => {
  beforeEach(async () => {
    await company.db.pool.query(`UPDATE timers SET attempts = 4 WHERE kind = 'media.fetch' AND state = 'OPEN'`);
  });

  test('is not fetched a fifth time: the operator has an incident, the sender is told', async () => {
    let asked = 0;
    const deps = job(() => {
      asked += 1;
      return undefined;
    });

    while ((await fetchNext(deps)) > 0);
    await company.drain();

    expect(asked).toBe(0);
    expect(await company.count(`incidents WHERE kind = 'media.parked'`)).toBe(1);
    expect(slack.said('U0LIN')).toEqual([expect.stringMatching(/^抱歉，这条消息没能处理/)]);
  });

  test('is nothing that files which were never tried are fetched beside: it may take them along', async () => {
    expect(await fetchNext(job(), false)).toBe(0);
    expect(await fetchNext(job(), true)).toBe(1);
  });
});

test('what passes by itself, a key of a newer master, is not counted against a file however often it is met', async () => {
  const intake = company.base.parts.intake(company.base.database, company.base.services);
  const locked = { ...intake, store: async () => Promise.reject(new PassingFault('a key we do not have')) };
  for (let tries = 0; tries < 6; tries += 1) {
    await expect(fetchNext(job(undefined, { intake: locked }))).rejects.toThrow(PassingFault);
    await company.advance(61_000);
  }

  expect(await given(0)).toEqual(FILED);
});

test('a file to be fetched wakes whoever fetches, and takes no hint from those who wait for other timers', async () => {
  const woken: string[] = [];
  const unit = { ...company.base.unit, wake: (topic: string) => void woken.push(topic) };
  for (const kind of ['media.fetch', 'conversation'])
    await inUnit(unit, async (opened) => {
      const { effects } = opened.turn({ actor: SYSTEM_ACTOR, via: 'timer' });
      effects.setTimer({ key: `wakes ${kind}`, kind, dueAt: opened.now });
    });
  await company.db.pool.query(`DELETE FROM timers WHERE key LIKE 'wakes %'`);

  expect(woken).toEqual(['media', 'timers']);
});
