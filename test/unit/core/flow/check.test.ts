import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadFlow, type Finding } from '../../../../src/core/flow/index.ts';
import { flowsFolder, houseCatalogue, houseFlows, texts } from './house.ts';

function findingsOf(source: string): readonly Finding[] {
  const result = loadFlow(source, 'flows/broken.yaml', {
    ...houseCatalogue(),
    flows: new Set([...houseCatalogue().flows, 'sample']),
    kinds: new Map([['repayment-reminder', 'schedule']]),
    inputs: new Map([['loan.create', new Set(['amount'])]]),
  });
  return result.ok ? [] : result.findings;
}

/** The findings as `line:column code`, which is what a person needs first. */
function placesOf(source: string): readonly string[] {
  return findingsOf(source).map((finding) => `${finding.line}:${finding.column} ${finding.code}`);
}

/** Title, what is replaced by what, the code expected, and the fragment at which it must be reported. */
type Breakage = readonly [title: string, from: string, to: string, code: string, at: string];

function expectBroken(
  source: string,
  change: { readonly from: string; readonly to: string; readonly code: string; readonly at: string },
): void {
  expect(source).toContain(change.from);
  const broken = source.replace(change.from, change.to);
  const before = broken.slice(0, broken.indexOf(change.at)).split('\n');
  expect(broken).toContain(change.at);
  expect(placesOf(broken)).toContain(`${before.length}:${(before.at(-1)?.length ?? 0) + 1} ${change.code}`);
}

const CONVERSATION = `flow: sample
kind: conversation
title: flows.lead-intake.title
audience: staff
begin: [{ words: [样例] }]
first: ask
slots:
  amount: { type: money, label: flows.slot.amount, ask: flows.lead-intake.ask.amount }
steps:
  ask: { collect: [amount], go: tell }
  tell: { say: flows.lead-intake.later, with: { number: $slots.amount }, go: done }
  done: { end: done }
`;

const PROCESS = `flow: sample
kind: process
title: flows.loan-approval.title
facts: { amount: money }
start: review
nodes:
  review:
    approval: { title: flows.loan-approval.first-review, policy: any, role: reviewer, empty: stop, verbs: [approve, reject] }
    approved: by-amount
    rejected: refused
  by-amount:
    decide:
      - { when: amount > yuan(200000), go: create }
      - { otherwise: create }
  create: { do: loan.create, with: { amount: $amount }, go: done }
  done: { end: approved }
  refused: { end: rejected }
`;

const SCHEDULE = `flow: sample
kind: schedule
title: flows.repayment-reminder.title
anchor: dueOn
purpose: reminder
window: { from: "09:00", to: "19:00" }
stopWhen: paid
stages:
  - { name: before, day: -1, at: "10:00", text: flows.repayment-reminder.day-before }
  - { name: after, day: 1, at: "10:00", text: flows.repayment-reminder.day-after }
`;

test('the three sample flows that the cases below break are in order', () => {
  expect([placesOf(CONVERSATION), placesOf(PROCESS), placesOf(SCHEDULE)]).toEqual([[], [], []]);
});

describe('a broken conversation names line, column and what is wrong', () => {
  const cases: readonly Breakage[] = [
    ['a step that does not exist', 'go: tell }', 'go: tel }', 'unknown_step', 'tel }'],
    ['a step nobody leads to', 'go: tell }', 'go: done }', 'unreachable_step', 'tell: {'],
    [
      'an unknown operation',
      '{ say: flows.lead-intake.later, with: { number: $slots.amount }, go: done }',
      '{ do: lead.destroy, go: done }',
      'unknown_operation',
      'lead.destroy',
    ],
    [
      'a process begun by the conversation itself: only an operation may do that',
      '{ say: flows.lead-intake.later, with: { number: $slots.amount }, go: done }',
      '{ start: loan-approval, with: { amount: $slots.amount }, go: done }',
      'unknown_step_kind',
      'tell: {',
    ],
    [
      'a text that no language has',
      'flows.lead-intake.later',
      'flows.lead-intake.laterr',
      'unknown_text',
      'flows.lead-intake.laterr',
    ],
    ['a slot that is not declared', 'collect: [amount]', 'collect: [amuont]', 'unknown_slot', 'amuont'],
    [
      'a slot named like something every object has',
      'collect: [amount]',
      'collect: [toString]',
      'unknown_slot',
      'toString',
    ],
    ['a template over a slot that is not declared', '$slots.amount', '$slots.amuont', 'unknown_slot', '$slots.amuont'],
    [
      'a condition over a slot that is not declared',
      'go: tell }',
      'go: [{ when: has(slots.amuont), go: tell }, { otherwise: done }] }',
      'unknown_slot',
      'has(slots.amuont)',
    ],
    [
      'a flow that calls itself',
      'done: { end: done }',
      'done: { call: sample, go: over }\n  over: { end: done }',
      'calls_itself',
      'sample, go: over',
    ],
    ['a name that would vanish', '  done: {', '  __proto__: { end: done }\n  done: {', 'forbidden_key', '__proto__'],
    ['an alias', 'begin: [{ words: [样例] }]', 'begin: &b [{ words: [样例] }]\nvoid: *b', 'alias', '*b'],
    ['bytes that were not UTF-8', '样例', '样\ufffd', 'not_text', '\ufffd'],
    ['a character that is no text', '样例', '样\u0000例', 'not_text', '\u0000'],
    [
      'a file that is too long to be a flow',
      'flow: sample',
      `flow: sample # ${'x'.repeat(200_000)}`,
      'too_long',
      'flow: sample',
    ],
    [
      'a flow that the program uses as something else',
      'flow: sample',
      'flow: repayment-reminder',
      'kind_changed',
      'conversation',
    ],
    ['a required slot without a question', ', ask: flows.lead-intake.ask.amount', '', 'missing_question', 'amount: {'],
    ['a template that refers to nothing', '$slots.amount', '$nothing.amount', 'unknown_fact', '$nothing'],
    ['a misspelt key', 'audience:', 'audiance:', 'unknown_key', 'staff'],
    ['a choice without options', 'type: money', 'type: choice', 'choice_without_options', 'amount: {'],
    ['a step of no kind', 'done: { end: done }', 'done: { stop: done }', 'unknown_step_kind', 'done: { stop'],
    ['an unknown kind of flow', 'kind: conversation', 'kind: dialog', 'unknown_kind', 'dialog'],
    [
      'a circle without a person',
      'with: { number: $slots.amount }, go: done }',
      'go: tell }',
      'loop_without_human',
      'tell: {',
    ],
    [
      'a condition with a syntax error',
      'go: tell }',
      'go: [{ when: slots.amount >, go: tell }, { otherwise: done }] }',
      'condition',
      ', go: tell }, {',
    ],
    [
      'a condition over an unknown fact',
      'go: tell }',
      'go: [{ when: lead.kind == "x", go: tell }, { otherwise: done }] }',
      'unknown_fact',
      'lead.kind',
    ],
    [
      'branches without a default',
      'go: tell }',
      'go: [{ when: has(slots.amount), go: tell }] }',
      'missing_default',
      'go: [',
    ],
    [
      'a default that is not last',
      'go: tell }',
      'go: [{ otherwise: done }, { when: has(slots.amount), go: tell }] }',
      'default_not_last',
      '{ otherwise',
    ],
    [
      'a called flow that does not exist',
      'done: { end: done }',
      'done: { call: nowhere, go: over }\n  over: { end: done }',
      'unknown_flow',
      'nowhere',
    ],
    [
      'a question with no way to answer',
      '{ say: flows.lead-intake.later, with: { number: $slots.amount }, go: done }',
      '{ ask: flows.lead-intake.later }\n  ',
      'question_without_answer',
      'tell: {',
    ],
  ];
  test.each(cases)('%s', (...[, from, to, code, at]) => {
    expectBroken(CONVERSATION, { from, to, code, at });
  });
});

describe('a broken process names line, column and what is wrong', () => {
  const cases: readonly Breakage[] = [
    ['no approver', 'role: reviewer, ', '', 'empty_approver', 'approval: {'],
    ['an approver role nobody has', 'role: reviewer', 'role: reviever', 'unknown_role', 'reviever'],
    ['an empty approver that would pass', 'empty: stop', 'empty: pass', 'empty_must_stop', 'pass'],
    ['a decision without a default', '      - { otherwise: create }\n', '', 'missing_default', 'decide:'],
    [
      'a return without a place to return to',
      '[approve, reject]',
      '[approve, reject, return]',
      'return_without_target',
      'verbs',
    ],
    ['an approval that cannot reject', '[approve, reject]', '[approve]', 'verbs_incomplete', 'verbs'],
    [
      'a time-out without a target',
      'rejected: refused\n',
      'rejected: refused\n    timeout: { after: 1d }\n',
      'timer_without_target',
      'timeout',
    ],
    ['a fact that is not declared', '$amount', '$amout', 'unknown_fact', '$amout'],
    [
      'a condition that gives no yes or no',
      'amount > yuan(200000)',
      'yuan(200000) + 1',
      'condition',
      'yuan(200000) + 1',
    ],
    [
      'an operation in a circle without a person',
      'with: { amount: $amount }, go: done',
      'go: create',
      'loop_without_human',
      'create: {',
    ],
    ['a vote by share, which nothing counts', 'policy: any', 'policy: ratio', 'policy_unsupported', 'ratio'],
    ['one after the other, which nothing keeps', 'policy: any', 'policy: sequence', 'policy_unsupported', 'sequence'],
    ['a share where nobody asks for one', 'policy: any', 'policy: any, percent: 50', 'unknown_key', '50,'],
    ['an input that the operation does not take', 'with: { amount', 'with: { amuont', 'unknown_input', '$amount }'],
    [
      'reminders that would never end',
      'verbs: [approve, reject]',
      'verbs: [approve, reject], remind: { every: 4h, text: flows.loan-approval.remind }',
      'missing_key',
      'remind',
    ],
    [
      'reminders after which nothing happens any more',
      'verbs: [approve, reject]',
      'verbs: [approve, reject], remind: { every: 4h, times: 3, text: flows.loan-approval.remind }',
      'reminder_without_end',
      'remind',
    ],
    [
      'an escalation to a role nobody has',
      'verbs: [approve, reject]',
      'verbs: [approve, reject], remind: { every: 4h, times: 3, text: flows.loan-approval.remind, escalate: { role: boss, text: flows.loan-approval.escalate } }',
      'unknown_role',
      'boss',
    ],
    [
      'an escalation without words',
      'verbs: [approve, reject]',
      'verbs: [approve, reject], remind: { every: 4h, times: 3, text: flows.loan-approval.remind, escalate: { role: manager, text: flows.loan-approval.no } }',
      'unknown_text',
      'flows.loan-approval.no',
    ],
  ];
  test.each(cases)('%s', (...[, from, to, code, at]) => {
    expectBroken(PROCESS, { from, to, code, at });
  });
});

describe('a broken schedule names line, column and what is wrong', () => {
  const cases: readonly Breakage[] = [
    ['an empty window', 'to: "19:00"', 'to: "08:00"', 'window_empty', 'window'],
    ['days counted from something else', 'anchor: dueOn', 'anchor: startOn', 'invalid_value', 'startOn'],
    ['another purpose than reminding', 'purpose: reminder', 'purpose: marketing', 'invalid_value', 'marketing'],
    ['another reason to stop than payment', 'stopWhen: paid', 'stopWhen: answered', 'invalid_value', 'answered'],
    ['a stage outside the window', 'day: -1, at: "10:00"', 'day: -1, at: "20:00"', 'stage_outside_window', '20:00'],
    ['stages out of order', 'day: 1,', 'day: -3,', 'stages_not_in_order', '-3,'],
    ['the same stage twice', 'name: after', 'name: before', 'duplicate_stage', 'before, day: 1'],
    [
      'a text that no language has',
      'flows.repayment-reminder.day-after',
      'flows.repayment-reminder.never',
      'unknown_text',
      'flows.repayment-reminder.never',
    ],
  ];
  test.each(cases)('%s', (...[, from, to, code, at]) => {
    expectBroken(SCHEDULE, { from, to, code, at });
  });
});

test('a file that is no YAML at all names the line and never throws', () => {
  expect(placesOf('flow: [\nkind: x')[0]).toMatch(/^\d+:\d+ yaml$/u);
  expect(placesOf('')).toEqual(['1:1 not_a_map']);
  expect(placesOf('- a\n- b')).toEqual(['1:1 not_a_map']);
  expect(placesOf('a: &x 1\nb: *x')).toEqual(['2:4 alias']);
});

test('a text missing in one language only is named with that language', () => {
  const catalogue = houseCatalogue();
  const { 'flows.lead-intake.later': _, ...english } = catalogue.texts['en'] ?? {};

  const result = loadFlow(CONVERSATION, 'flows/sample.yaml', {
    ...catalogue,
    texts: { ...catalogue.texts, en: english },
  });

  expect(result.ok ? [] : result.findings.map((finding) => finding.message)).toEqual([expect.stringContaining('en')]);
});

test('a text that cannot be said is named with its language, before a version keeps it', () => {
  const catalogue = houseCatalogue();
  const english = { ...catalogue.texts['en'], 'flows.lead-intake.later': 'Later: {number' };

  const result = loadFlow(CONVERSATION, 'flows/sample.yaml', {
    ...catalogue,
    texts: { ...catalogue.texts, en: english },
  });

  expect(result.ok ? [] : result.findings.map(({ code, message }) => [code, message])).toEqual([
    ['broken_text', expect.stringMatching(/^en .*flows\.lead-intake\.later/u)],
  ]);
});

test('every finding has a message and a cure in both languages, and no text is left over', () => {
  const folder = path.resolve(flowsFolder, '../src/core/flow');
  const source = readdirSync(folder)
    .map((file) => readFileSync(path.join(folder, file), 'utf8'))
    .join('\n');
  const used = [...source.matchAll(/code: (?:target \? )?'([a-z_]+)'(?: : '([a-z_]+)')?/gu)].flatMap((match) => [
    match[1],
    match[2],
  ]);
  const codes = new Set(
    [...used, 'empty_must_stop', 'policy_unsupported'].filter(
      (code): code is string => code !== undefined && !RUN_TIME.has(code),
    ),
  );
  for (const language of ['zh-CN', 'en'] as const) {
    const known = texts
      .keys(language)
      .filter((key) => key.startsWith('flows.check.'))
      .map((key) => key.split('.')[2] ?? '');
    expect(new Set(known)).toEqual(codes);
  }
});

/** Codes of incidents and of nothing else in the same folder. */
const RUN_TIME: ReadonlySet<string> = new Set([
  'operation_failed',
  'outcome_without_target',
  'no_returner',
  'spinning',
  'fact_missing',
]);

test('the shipped flows are all in order', () => {
  expect(houseFlows().map((flow) => flow.file)).toEqual(
    expect.arrayContaining(['lead-intake.yaml', 'loan-approval.yaml', '_repair/cancel.yaml']),
  );
});
