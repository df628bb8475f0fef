/** What is done to the office, one thing at a time. Each leaves it running and quiet. */
import { setTimeout as wait } from 'node:timers/promises';
import { KILL_POINTS, KILL_POINT_NAMES, type KillPoint } from '../../../src/lib/kill-points.ts';
import type { Platform } from '../stubs/stub.ts';
import { CANARY } from './canary.ts';
import type { Role } from './fleet.ts';
import type { Case, Office } from './office.ts';
import type { ChaosPostgres, ChaosRedis } from './servers.ts';

export interface Stage {
  readonly office: Office;
  readonly postgres: ChaosPostgres;
  readonly redis: ChaosRedis;
}

export interface Scenario {
  readonly name: string;
  readonly play: (stage: Stage) => Promise<void>;
}

const PEOPLE = ['xiaolin', 'xiaohe', 'xiaosong'] as const;
const REVIEWERS = { wecom: 'chenyi', slack: 'U0QIAN001', telegram: '71020001' } as const satisfies Record<
  Platform,
  string
>;
const LATE_MS = 15_000;
let phone = 13_801_000_000;

function nextPhone(): string {
  phone += 1;
  return String(phone);
}

/** All of them, in the order in which they are played. */
export function scenarios(): readonly Scenario[] {
  return [...deaths(), ...failures()];
}

/** One death for each point and role. */
function deaths(): readonly Scenario[] {
  return KILL_POINT_NAMES.flatMap((point) =>
    KILL_POINTS[point].roles.map((role) => ({
      name: `kill -9 of ${role} at ${point}: ${KILL_POINTS[point].when}`,
      play: async ({ office }: Stage) => die(office, point, role),
    })),
  );
}

async function die(office: Office, point: KillPoint, role: Role): Promise<void> {
  const prepared = await prepare(office, point);
  await office.fleet.arm(role, point);
  await lead(office, point, prepared);
  await office.fleet.died(point, role, 90_000);
  await office.letLeasesRunOut();
  await office.quiet();
}

/** What must be there before the process is armed, so that it comes to its point by the traffic that follows. */
async function prepare(office: Office, point: KillPoint): Promise<Prepared> {
  if (point.startsWith('interactive.') || point === 'timer.claimed')
    return { case: await office.newCase('xiaolin', nextPhone()) };
  if (point.startsWith('reminders.')) return { loan: await office.newLoan('xiaolin', nextPhone(), REVIEWERS.telegram) };
  return {};
}

interface Prepared {
  readonly case?: Case;
  readonly loan?: string;
}

/** The traffic that leads a process to the point. */
async function lead(office: Office, point: KillPoint, prepared: Prepared): Promise<void> {
  if (prepared.case && point.startsWith('interactive.')) {
    const card = await office.cardOf('wecom', REVIEWERS.wecom, prepared.case);
    await office.press('wecom', REVIEWERS.wecom, card, 'approve');
    return;
  }
  if (point.startsWith('media.')) return office.sendPicture(PEOPLE[0]);
  if (point.startsWith('reminders.')) return office.toNextReminder(prepared.loan ?? '');
  if (point === 'timer.claimed') return office.jump(5 * 3_600_000);
  if (point.startsWith('unit.')) {
    // A case comes in and waits for its approver; five hours later its reminder falls due.
    await office.newCase('xiaolin', nextPhone());
    await office.jump(5 * 3_600_000);
    return;
  }
  await wave(office);
}

/** Salespeople and a stranger write at once, every delivery three times in parallel, the canary among them. */
async function wave(office: Office, rounds = 1): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all([
      ...PEOPLE.map(async (person) => office.newLead(person, nextPhone())),
      office.sayAsCustomer(String(90_000_000 + (phone % 1_000_000)), `${CANARY.name} ${CANARY.phone} ${CANARY.idCard}`),
    ]);
  }
}

function failures(): readonly Scenario[] {
  return [
    {
      name: 'PostgreSQL crashes while messages are handled and sent',
      play: async ({ office, postgres }) => during(office, async () => postgres.crash()),
    },
    {
      name: 'PostgreSQL is restarted while messages are handled and sent',
      play: async ({ office, postgres }) => during(office, async () => postgres.restart()),
    },
    {
      name: 'Redis is flushed again and again under load',
      play: async ({ office, redis }) =>
        during(office, async () => {
          for (let n = 0; n < 20; n += 1) {
            await redis.flush();
            await wait(50);
          }
        }),
    },
    {
      name: 'Redis dies under load and comes back empty',
      play: async ({ office, redis }) => during(office, async () => redis.restart()),
    },
    {
      name: 'platforms answer after we have given up',
      play: async ({ office }) => {
        await troubled(office, { kind: 'late', ms: LATE_MS });
        await wait(LATE_MS);
        await office.quiet(120_000);
      },
    },
    {
      name: 'the connection dies after the platform has taken the message',
      play: async ({ office }) => {
        await troubled(office, { kind: 'cut' });
        await office.quiet(120_000);
      },
    },
    {
      name: 'the connection dies before the platform has taken the message',
      play: async ({ office }) => {
        await troubled(office, { kind: 'away' });
        await office.quiet(120_000);
      },
    },
    {
      name: 'a storm of 429',
      play: async ({ office }) => {
        let calls = 0;
        office.platforms.trouble = () => ((calls += 1) % 4 === 0 ? undefined : { kind: 'busy', seconds: 1 });
        await wave(office, 2);
        await wait(8_000);
        office.platforms.trouble = () => undefined;
        await office.quiet(180_000); // the last try of a message may have been a minute's pause ago
      },
    },
    ...pairs().map(([one, other]) => ({
      name: `two approvers tap in the same moment on ${one} and ${other}`,
      play: async ({ office }: Stage) => tapTogether(office, one, other),
    })),
    {
      name: 'the clock jumps by an hour, five times, under load',
      play: async ({ office }) =>
        during(office, async () => {
          for (let n = 0; n < 5; n += 1) await office.jump(3_600_000);
        }),
    },
    {
      name: 'a worker stands still for longer than its lease while another goes on',
      play: async ({ office }) => {
        await office.fleet.start('worker');
        office.platforms.trouble = () => ({ kind: 'late', ms: 300 });
        const writing = wave(office, 2);
        await office.until(
          'a message under way',
          async () => (await office.count(`outbox WHERE state = 'LEASED'`)) > 0,
        );
        office.fleet.freeze('worker', 1);
        await writing;
        office.platforms.trouble = () => undefined;
        await wait(45_000);
        office.fleet.thaw();
        await office.quiet(120_000);
        await office.fleet.stop('worker');
        await office.fleet.start('worker');
      },
    },
    {
      name: 'every role is killed at a random moment, twenty times, under load, with two workers',
      play: async ({ office }) => {
        await office.fleet.start('worker');
        const writing = wave(office, 6);
        for (let n = 0; n < 20; n += 1) {
          await wait(200 + ((n * 137) % 500));
          office.fleet.kill((['web', 'worker', 'scheduler'] as const)[n % 3] ?? 'web');
        }
        await writing;
        await wait(40_000); // leases of the dead run out by themselves: the living hold some too
        await office.quiet(120_000);
        await office.fleet.stop('worker');
        await office.fleet.start('worker');
      },
    },
    {
      name: 'asked to leave in the middle of it, every process finishes and goes',
      play: async ({ office }) => {
        const writing = wave(office, 2);
        await wait(300);
        await office.fleet.stop();
        await office.fleet.start('web');
        await Promise.all([office.fleet.start('worker'), office.fleet.start('scheduler')]);
        await writing;
        await office.quiet();
      },
    },
  ];
}

/** Does something to the house while people write. */
async function during(office: Office, deed: () => Promise<void>): Promise<void> {
  const writing = wave(office, 4);
  await office
    .until(
      'messages under way',
      async () =>
        (await office.count(`inbox WHERE state = 'NEW'`)) + (await office.count(`outbox WHERE state <> 'SENT'`)) > 0,
      5_000,
    )
    .catch(() => undefined);
  await deed();
  await writing;
  await wait(1_500);
  await office.quiet();
  await office.letLeasesRunOut();
  await office.quiet();
}

/** One wave in which every second call that would reach a person meets trouble. */
async function troubled(
  office: Office,
  trouble: NonNullable<ReturnType<Office['platforms']['trouble']>>,
): Promise<void> {
  let calls = 0;
  office.platforms.trouble = (_platform, method) =>
    /send|post/i.test(method) && (calls += 1) % 2 === 1 ? trouble : undefined;
  await wave(office);
  await office.until('some calls', () => calls >= 4);
  office.platforms.trouble = () => undefined;
}

function pairs(): readonly (readonly [Platform, Platform])[] {
  return [
    ['slack', 'telegram'],
    ['wecom', 'slack'],
    ['telegram', 'wecom'],
  ];
}

async function tapTogether(office: Office, one: Platform, other: Platform): Promise<void> {
  const application = await office.newCase('xiaohe', nextPhone());
  const cards = await Promise.all(
    [one, other].map(async (platform) => office.cardOf(platform, REVIEWERS[platform], application)),
  );
  await Promise.all(
    [one, other].map(async (platform, index) => {
      const card = cards[index];
      if (card) await office.press(platform, REVIEWERS[platform], card, 'approve');
    }),
  );
  await office.quiet();
  const loans = await office.count(`loans WHERE application_id = '${application.id}'`);
  const open = await office.count(
    `cards c JOIN approvals a ON a.id = c.approval_id WHERE a.application_id = '${application.id}' AND c.state = 'OPEN'`,
  );
  if (loans !== 1 || open !== 0) throw new Error(`${loans} loans made, ${open} cards left open`);
}
