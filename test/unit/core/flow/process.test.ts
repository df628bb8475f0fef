import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compileFlow,
  loadFlow,
  startProcess,
  stepProcess,
  type CompiledProcess,
  type ProcessEvent,
  type ProcessState,
} from '../../../../src/core/flow/index.ts';
import { houseCatalogue, houseFlows } from './house.ts';

function processOf(source: string): CompiledProcess {
  const result = loadFlow(source, 'flows/sample.yaml', houseCatalogue());
  if (!result.ok) throw new Error(JSON.stringify(result.findings));
  const flow = compileFlow(result.flow.normalised, result.flow.version);
  if (flow.kind !== 'process') throw new Error('no process');
  return flow;
}

const loanApproval = houseFlows()
  .map((flow) => flow.compiled)
  .find((flow): flow is CompiledProcess => flow.name === 'loan-approval' && flow.kind === 'process');
if (!loanApproval) throw new Error('loan-approval is not shipped');
const facts = { application: 'A1', amount: '300000.00', term: 24, product: 'P-001', customer: '何*', submitter: 's1' };

const TIMED = `flow: timed
kind: process
title: flows.loan-approval.title
facts: { amount: money }
start: review
nodes:
  review:
    approval:
      title: flows.loan-approval.first-review
      policy: all
      role: reviewer
      when: amount > yuan(1000)
      empty: stop
      verbs: [approve, reject]
      remind: { every: 2h, times: 2, text: flows.loan-approval.remind, escalate: { role: manager, text: flows.loan-approval.escalate } }
    approved: cool-down
    rejected: refused
    timeout: { after: 3d, go: refused }
  cool-down: { timer: 30m, go: done }
  done: { end: approved }
  refused: { end: rejected }
`;

const RERUN = `flow: rerun
kind: process
title: flows.loan-approval.title
facts: { amount: money }
start: first
nodes:
  first:
    approval: { title: flows.loan-approval.first-review, policy: any, role: reviewer, empty: stop, verbs: [approve, reject] }
    approved: second
    rejected: refused
  second:
    approval: { title: flows.loan-approval.second-review, policy: any, role: approver, empty: stop, verbs: [approve, reject, return] }
    approved: done
    rejected: refused
    returned: waiting
  waiting:
    wait: { title: flows.loan-approval.waiting }
    on: { resubmitted: second }
  done: { end: approved }
  refused: { end: rejected }
`;

describe('an approval node', () => {
  const flow = processOf(TIMED);

  test('opens with its policy, role and both timers in minutes', () => {
    const { state, effects } = startProcess(flow, { amount: '5000.00' });

    expect(state).toMatchObject({ node: 'review', status: 'waiting', visit: 1 });
    expect(effects).toMatchObject([
      { kind: 'approval.open', policy: 'all', role: 'reviewer' },
      { kind: 'timer.set', name: 'remind', afterMinutes: 120 },
      { kind: 'timer.set', name: 'timeout', afterMinutes: 4320 },
    ]);
  });

  test('that does not concern the case is passed with a trace, never silently', () => {
    const { state, effects } = startProcess(flow, { amount: '1000.00' });

    expect(state.node).toBe('cool-down');
    expect(effects[0]).toMatchObject({ kind: 'not_applicable', node: 'review' });
  });

  test('is not spared when the fact its condition needs is missing', () => {
    expect(startProcess(flow, {}).state).toMatchObject({ node: 'review', status: 'waiting' });
  });

  test('that times out closes the votes and goes where the file says', () => {
    const { state } = startProcess(flow, { amount: '5000.00' });

    const step = stepProcess(flow, state, { type: 'timer', visit: state.visit, name: 'timeout' });

    expect(step.state).toMatchObject({ status: 'ended', outcome: 'rejected' });
    expect(step.effects).toMatchObject([
      { kind: 'approval.close', visit: 1 },
      { kind: 'timer.clear', visit: 1 },
      { kind: 'moved' },
      { kind: 'ended' },
    ]);
  });

  test('reminds twice, then tells the managers once, then is silent', () => {
    let { state } = startProcess(flow, { amount: '5000.00' });
    const heard: (readonly string[])[] = [];
    for (let n = 0; n < 4; n += 1) {
      const step = stepProcess(flow, state, { type: 'timer', visit: state.visit, name: 'remind' });
      state = step.state;
      heard.push(step.effects.map((effect) => effect.kind));
    }

    expect(heard).toEqual([['remind', 'timer.set'], ['remind', 'timer.set'], ['escalate'], ['ignored']]);
    expect(state).toMatchObject({ node: 'review', status: 'waiting', reminded: 3 });
  });

  test('counts reminders anew at the next wait', () => {
    let { state } = startProcess(flow, { amount: '5000.00' });
    state = stepProcess(flow, state, { type: 'timer', visit: state.visit, name: 'remind' }).state;

    state = stepProcess(flow, state, { type: 'approval.decided', visit: state.visit, outcome: 'approved' }).state;

    expect(state).not.toHaveProperty('reminded');
  });

  test('a pause goes on when its time has come', () => {
    let { state } = startProcess(flow, { amount: '5000.00' });
    state = stepProcess(flow, state, { type: 'approval.decided', visit: state.visit, outcome: 'approved' }).state;
    expect(state).toMatchObject({ node: 'cool-down', status: 'waiting' });

    expect(stepProcess(flow, state, { type: 'timer', visit: state.visit, name: 'timeout' }).state.outcome).toBe(
      'approved',
    );
  });
});

describe('a running case', () => {
  test('is never stepped with another version of its flow', () => {
    const { state } = startProcess(loanApproval, facts);

    expect(() => stepProcess(loanApproval, { ...state, version: 'other' }, { type: 'retry' })).toThrow('not');
  });

  test('is plain JSON of less than a kilobyte', () => {
    const { state } = startProcess(loanApproval, facts);

    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
    expect(JSON.stringify(state).length).toBeLessThan(1024);
  });

  test('remembers the human nodes it passed, oldest first', () => {
    let { state } = startProcess(loanApproval, facts);
    for (let level = 0; level < 2; level += 1)
      state = stepProcess(loanApproval, state, {
        type: 'approval.decided',
        visit: state.visit,
        outcome: 'approved',
      }).state;

    expect(state.path).toEqual(['first-review', 'second-review']);
  });

  test('begins at its start when what was agreed to has changed, wherever the file would have it go on', () => {
    const flow = processOf(RERUN);
    let { state } = startProcess(flow, { amount: '5000.00' });
    const decide = (outcome: 'approved' | 'returned'): void => {
      state = stepProcess(flow, state, { type: 'approval.decided', visit: state.visit, outcome }).state;
    };
    const resubmit = (anew: boolean): ReturnType<typeof stepProcess> =>
      stepProcess(flow, state, { type: 'signal', name: 'resubmitted', anew });
    decide('approved');
    decide('returned');

    expect(resubmit(false).state.node).toBe('second');
    const step = resubmit(true);
    expect(step.state).toMatchObject({ node: 'first', visit: 4, since: 4 });
    expect(step.effects.find(({ kind }) => kind === 'approval.open')).toMatchObject({ node: 'first', since: 4 });
    expect(stepProcess(flow, step.state, { type: 'signal', name: 'resubmitted', anew: true }).state).toBe(step.state);
  });

  test('whatever arrives in whatever order, it never throws, never goes back in visits, and an ended case stays ended', () => {
    const event = fc.oneof(
      fc.record({
        type: fc.constant('approval.decided' as const),
        visit: fc.nat(12),
        outcome: fc.constantFrom('approved', 'rejected', 'returned', 'recalled' as const),
      }),
      fc.record({
        type: fc.constant('operation.done' as const),
        visit: fc.nat(12),
        result: fc.constant({ loanNumber: 'L1' }),
      }),
      fc.record({ type: fc.constant('operation.failed' as const), visit: fc.nat(12), code: fc.constant('x') }),
      fc.record({
        type: fc.constant('signal' as const),
        name: fc.constantFrom('resubmitted', 'recalled', 'nonsense'),
        anew: fc.boolean(),
      }),
      fc.record({
        type: fc.constant('timer' as const),
        visit: fc.nat(12),
        name: fc.constantFrom('remind', 'timeout' as const),
      }),
      fc.record({ type: fc.constant('retry' as const) }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let state: ProcessState = startProcess(loanApproval, facts).state;
        for (const next of events as readonly ProcessEvent[]) {
          const step = stepProcess(loanApproval, state, next);
          expect(step.state.visit).toBeGreaterThanOrEqual(state.visit);
          if (state.status === 'ended') expect(step.state).toBe(state);
          if (step.effects[0]?.kind === 'ignored') expect(step.state).toBe(state);
          state = step.state;
        }
      }),
      { seed: 2026, numRuns: 300 },
    );
  });
});
