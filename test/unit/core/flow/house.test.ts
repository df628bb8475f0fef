import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../../../src/core/conversation/index.ts';
import { FACT_NAMES } from '../../../../src/core/conversation/understand/index.ts';
import { COMMAND_NAMES } from '../../../../src/core/flow/definition.ts';
import { houseFlows, texts } from './house.ts';

const conversations = houseFlows().flatMap((flow) => (flow.compiled.kind === 'conversation' ? [flow.compiled] : []));

describe('what flow files may say and what the interpreter can do', () => {
  test('every command that may begin a flow has words', () => {
    expect(COMMANDS.toSorted()).toEqual(COMMAND_NAMES.toSorted());
  });
});

describe('the shipped flows', () => {
  test.each(['staff', 'customer'] as const)('answer to every command a %s can need', (audience) => {
    const heard = new Set(
      conversations
        .filter((flow) => flow.definition.audience === audience || flow.definition.audience === 'anyone')
        .flatMap((flow) => flow.definition.begin.flatMap((starter) => starter.command ?? [])),
    );
    const needed = COMMANDS.filter((command) => audience === 'staff' || CUSTOMER_COMMANDS.has(command));

    expect([...heard].sort()).toEqual([...needed].sort());
  });

  test('answer to each command and each repair in one place only', () => {
    for (const audience of ['staff', 'customer'] as const) {
      const answered = conversations
        .filter((flow) => flow.definition.audience === audience || flow.definition.audience === 'anyone')
        .flatMap((flow) => flow.definition.begin.flatMap((starter) => starter.command ?? starter.repair ?? []));
      expect(new Set(answered).size).toBe(answered.length);
    }
  });

  test('ask only for what can be understood: a slot without a question is filled by a fact', () => {
    const names: ReadonlySet<string> = new Set(FACT_NAMES);
    const silent = conversations.flatMap((flow) => [...flow.slots].filter(([, slot]) => slot.ask === undefined));

    expect(silent.length).toBeGreaterThan(5);
    expect(silent.filter(([name, slot]) => !names.has(slot.fact ?? name)).map(([name]) => name)).toEqual([]);
  });

  test('mark names, phones and identity numbers as personal', () => {
    const open = conversations.flatMap((flow) =>
      [...flow.slots]
        .filter(([, slot]) => ['phone', 'person-name', 'identity-number'].includes(slot.type) && !slot.personal)
        .map(([name]) => `${flow.name}.${name}`),
    );

    expect(open).toEqual([]);
  });

  test('say nothing that the trade may not promise', () => {
    const spoken = texts.keys('zh-CN').filter((key) => key.startsWith('flows.') || key.startsWith('conversation.'));

    expect(spoken.length).toBeGreaterThan(200);
    for (const key of spoken.filter((name) => !name.startsWith('flows.check.'))) {
      expect([key, /包过|秒批|黑户可做|百分百|保证通过|必过/u.test(raw(key))]).toEqual([key, false]);
    }
  });
});

const CUSTOMER_COMMANDS: ReadonlySet<string> = new Set([
  'help',
  'continue',
  'cancel',
  'skip',
  'back',
  'restart',
  'repayment', // the number of a loan
  'human',
  'language',
]);

/** The text without its arguments filled in; keys with arguments cannot be translated without them. */
function raw(key: string): string {
  return texts.messages('zh-CN')[key] ?? '';
}
