/** Invariant 3: events of one conversation are handled one at a time in order; different conversations in parallel. */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { InboundEvent } from '../../src/channels/channel.ts';
import type { ConversationWork, TurnHandler } from '../../src/core/runtime/turns.ts';
import { until, useCompany } from './support/company.ts';

const company = useCompany();
const SYSTEM = { kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' } as const;

function textOf(event: ConversationWork['events'][number]['event']): string {
  const { happening } = event as InboundEvent;
  return happening.kind === 'message' ? happening.text : '';
}

/** Notes what it is given; turns of `slow` wait until they are let go. */
function recorder(slow: string): { readonly handle: TurnHandler; readonly log: string[]; readonly letGo: () => void } {
  const log: string[] = [];
  const gate: { open?: () => void } = {};
  const opened = new Promise<void>((resolve) => (gate.open = resolve));
  onTestFinished(() => gate.open?.());
  const handle: TurnHandler = async (_unit, works) => {
    for (const { conversation, events } of works) {
      for (const { event } of events) {
        log.push(`begin ${textOf(event)}`);
        if (conversation.chat === slow) await opened;
        log.push(`end ${textOf(event)}`);
      }
    }
    return works.map(() => ({ state: null, isSilenced: false }));
  };
  return { handle, log, letGo: () => gate.open?.() };
}

describe('conversations', () => {
  test('a turn under way keeps nobody else waiting: neither a delivery to its conversation nor a message to its person', async () => {
    const { slack } = company.channels;
    const staff = await company.addStaff('阿May', ['approver'], { slack: 'U0MAY' });
    const { handle, log, letGo } = recorder('U0MAY');
    await company.say(slack, 'U0MAY', 's1');
    const turn = company.worker({ handle }).turns.run();
    await until(() => log.includes('begin s1'));
    const done: string[] = [];

    void company.say(slack, 'U0MAY', 's2').then(() => done.push('delivery'));
    void company
      .call(SYSTEM, 'staff.notify', { staffId: staff.id, text: 'talk.parked', params: {} })
      .then(() => done.push('message'));
    await until(() => done.length === 2).catch(() => undefined);
    const meanwhile = [...done].sort();
    letGo();
    await turn;

    expect(meanwhile).toEqual(['delivery', 'message']);
    await company.drain();
  });

  test('while a turn of one conversation is under way, a second worker leaves its other events alone and handles other conversations', async () => {
    const { telegram } = company.channels;
    const { handle, log, letGo } = recorder('a');
    const [first, second] = [company.worker({ handle }), company.worker({ handle })];
    await company.say(telegram, 'a', 'a1');
    const turn = first.turns.run();
    await until(() => log.includes('begin a1'));
    await company.say(telegram, 'a', 'a2');
    await company.say(telegram, 'b', 'b1');

    const other = second.turns.run();
    await until(() => log.includes('end b1') || log.filter((line) => line.startsWith('begin a')).length > 1);
    const meanwhile = [...log];
    letGo();
    await Promise.all([turn, other]);
    await first.turns.run();

    expect(meanwhile).toEqual(['begin a1', 'begin b1', 'end b1']);
    expect(log.slice(3)).toEqual(['end a1', 'begin a2', 'end a2']);
  });

  test('a conversation with hundreds of waiting events keeps nobody else waiting while it is in other hands', async () => {
    const { telegram } = company.channels;
    const { handle, log, letGo } = recorder('flood');
    const [first, second] = [company.worker({ handle }), company.worker({ handle })];
    await company.say(telegram, 'flood', 'f0');
    const turn = first.turns.run();
    await until(() => log.includes('begin f0'));
    const flood = Array.from({ length: 200 }, (_, i) => telegram.message('flood', `f${i + 1}`, [`flood-${i}`]));
    await company.door().receive(flood);
    await company.say(telegram, 'quiet', 'q1');

    const other = second.turns.run();
    await Promise.race([other, until(() => log.includes('begin f1'))]);
    const meanwhile = log.includes('end q1');
    letGo();
    await Promise.all([turn, other]);
    while ((await first.turns.run()) > 0);

    expect(meanwhile).toBe(true);
    expect(log.filter((line) => line.startsWith('end f'))).toEqual(Array.from({ length: 201 }, (_, i) => `end f${i}`));
  });

  test('two workers at once handle a hundred events of five conversations each in its own order', async () => {
    const { telegram } = company.channels;
    const { handle, log } = recorder('nobody');
    const workers = [company.worker({ handle }), company.worker({ handle })];
    const door = company.door();
    for (let i = 0; i < 20; i += 1) {
      await door.receive(
        ['c0', 'c1', 'c2', 'c3', 'c4'].map((chat) => telegram.message(chat, `${chat}-${i}`, [`five-${chat}-${i}`])),
      );
      if (i % 5 === 4) await Promise.all(workers.map(async ({ turns }) => turns.run()));
    }
    while ((await Promise.all(workers.map(async ({ turns }) => turns.run()))).some((handled) => handled > 0));

    for (const chat of ['c0', 'c1', 'c2', 'c3', 'c4']) {
      expect(log.filter((line) => line.startsWith(`begin ${chat}-`))).toEqual(
        Array.from({ length: 20 }, (_, i) => `begin ${chat}-${i}`),
      );
    }
  });

  test('messages to one chat leave one after another in the order in which they were decided', async () => {
    const { slack } = company.channels;
    slack.sent.length = 0;
    const staff = await company.addStaff('老赵', ['approver'], { slack: 'U0ZHAO' });
    for (const n of [1, 2, 3]) {
      await company.call(SYSTEM, 'staff.notify', {
        staffId: staff.id,
        text: 'talk.parked',
        params: { n },
      });
    }
    let inFlight = 0;
    let most = 0;
    slack.onSend = async (intent) => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await new Promise((resolve) => setImmediate(resolve));
      inFlight -= 1;
      return { providerId: intent.id };
    };
    const workers = [company.worker(), company.worker()];

    for (let i = 0; i < 3; i += 1) await Promise.all(workers.map(async ({ deliverer }) => deliverer.run()));

    expect(slack.sent).toHaveLength(3);
    expect(slack.sent.map((intent) => Number(intent.id))).toEqual(
      slack.sent.map((intent) => Number(intent.id)).sort((a, b) => a - b),
    );
    expect(most).toBe(1);
  });
});
