/**
 * The pure interpreter of processes: one token walks from node to node. Who may vote and how votes count is
 * core/approval's business; here a node `approval` opens, waits and receives the outcome. Every wait carries a visit
 * number, and an event for an earlier visit changes nothing (a timer that fired late, a card pressed twice).
 */
import { ask, followStrictly, type CompiledProcess } from './compile.ts';
import { durationMinutes, type NodeOf, type ProcessNode } from './definition.ts';
import { parseYuan } from '../../lib/money.ts';
import type { Facts, ProcessEffect, ProcessEvent, ProcessState, ProcessStep, Stop } from './process-state.ts';
import { resolveTemplate } from './template.ts';

/** Nodes one event may pass without a person; the checks make more impossible, this catches what they missed. */
const MAX_MOVES = 100;

/** A new case on its first node. */
export function startProcess(flow: CompiledProcess, facts: Facts): ProcessStep {
  const run = new Run(flow, {
    flow: flow.name,
    version: flow.version,
    node: flow.definition.start,
    visit: 1,
    status: 'running',
    facts,
    path: [],
  });
  return run.proceed();
}

/** What an event does to a case. The flow must be the version the case started with. @throws Error when it is not. */
export function stepProcess(flow: CompiledProcess, state: ProcessState, event: ProcessEvent): ProcessStep {
  if (flow.version !== state.version) throw new Error(`case runs ${state.flow}@${state.version}, not ${flow.version}`);
  if (state.status === 'ended') return ignored(state, event.type, 'ended');
  if ('visit' in event && event.visit !== state.visit) return ignored(state, event.type, 'stale');
  const node = nodeOf(flow, state.node);
  const run = new Run(flow, state);
  switch (event.type) {
    case 'operation.done':
      return node.kind === 'do' && state.status === 'waiting'
        ? run.operationDone(node, event.result)
        : ignored(state, event.type, 'not_waiting');
    case 'operation.failed':
      return node.kind === 'do' && state.status === 'waiting'
        ? run.operationFailed(node, event.code)
        : ignored(state, event.type, 'not_waiting');
    case 'approval.decided':
      return node.kind === 'approval' && state.status === 'waiting'
        ? run.decided(node, event)
        : ignored(state, event.type, 'not_waiting');
    case 'approval.empty':
      return node.kind === 'approval' && state.status === 'waiting'
        ? run.unattended()
        : ignored(state, event.type, 'not_waiting');
    case 'signal':
      return run.signalled(node, event);
    case 'timer':
      return state.status === 'waiting' ? run.timer(node, event.name) : ignored(state, event.type, 'not_waiting');
    case 'retry':
      return state.status === 'stopped' ? run.retried(event.facts ?? {}) : ignored(state, event.type, 'not_waiting');
  }
}

function ignored(
  state: ProcessState,
  event: string,
  reason: 'stale' | 'not_waiting' | 'unknown_signal' | 'ended',
): ProcessStep {
  return { state, effects: [{ kind: 'ignored', event, reason }] };
}

function nodeOf(flow: CompiledProcess, name: string): ProcessNode {
  const node = flow.nodes.get(name);
  if (!node) throw new Error(`flow ${flow.name}@${flow.version} has no node ${name}`);
  return node;
}

/** One step in the making; never leaves this file. */
class Run {
  readonly #flow: CompiledProcess;
  readonly #effects: ProcessEffect[] = [];
  #state: ProcessState;

  constructor(flow: CompiledProcess, state: ProcessState) {
    this.#flow = flow;
    this.#state = state;
  }

  operationDone(node: NodeOf<'do'>, result: Facts): ProcessStep {
    if (node.as !== undefined) this.#learn({ [node.as]: result });
    return this.#goTo(node.go).proceed();
  }

  operationFailed(node: NodeOf<'do'>, code: string): ProcessStep {
    if (node.failed !== undefined) return this.#goTo(node.failed).proceed();
    return this.#stop('operation_failed', code).#done();
  }

  decided(node: NodeOf<'approval'>, event: Extract<ProcessEvent, { type: 'approval.decided' }>): ProcessStep {
    const target = node[event.outcome];
    if (target === undefined) return this.#stop('outcome_without_target', event.outcome).#done();
    const { node: name, path } = this.#state;
    this.#learn({
      outcome: event.outcome,
      ...(event.by === undefined ? {} : { by: event.by }),
      ...(event.reason === undefined ? {} : { reason: event.reason }),
    });
    this.#state = { ...this.#state, path: [...path, name] };
    if (event.outcome === 'returned') this.#state = { ...this.#state, returner: name };
    return this.#goTo(target).proceed();
  }

  /** Nobody may decide: the case stops where it is until somebody can, and never passes (invariant 9). */
  unattended(): ProcessStep {
    return this.#stop('approval.empty', this.#state.node).#done();
  }

  signalled(node: ProcessNode, event: Extract<ProcessEvent, { type: 'signal' }>): ProcessStep {
    const { name: signal, facts = {} } = event;
    if (signal === 'recalled' && (node.kind !== 'do' || this.#state.status === 'stopped'))
      return this.#recalled(node, facts);
    const target = node.kind === 'wait' ? node.on[signal] : undefined;
    if (target === undefined || this.#state.status !== 'waiting')
      return ignored(this.#state, `signal ${signal}`, 'unknown_signal');
    this.#learn(facts);
    if (event.anew === true) return this.#beginAnew();
    const { returner, ...rest } = this.#state;
    if (target !== '$returner') return this.#goTo(target).proceed();
    if (returner === undefined) return this.#stop('no_returner', signal).#done();
    this.#state = rest;
    return this.#goTo(returner).proceed();
  }

  /** No node lets something pass that it has not seen: whoever agreed to something else is asked again. */
  #beginAnew(): ProcessStep {
    const { returner: _returner, ...state } = this.#state;
    this.#state = { ...state, since: state.visit + 1 };
    return this.#goTo(this.#flow.definition.start).proceed();
  }

  /** A recall reaches a case wherever it waits or stands still; where the flow shows no way from there, it ends. */
  #recalled(node: ProcessNode, facts: Facts): ProcessStep {
    const target = node.kind === 'wait' ? node.on['recalled'] : node.kind === 'approval' ? node.recalled : undefined;
    this.#learn(facts);
    if (target !== undefined) return this.#goTo(target).proceed();
    this.#state = { ...this.#state, status: 'ended', outcome: 'recalled' };
    this.#effects.push({ kind: 'ended', outcome: 'recalled' });
    return this.#done();
  }

  timer(node: ProcessNode, name: 'remind' | 'timeout'): ProcessStep {
    if (node.kind === 'timer') return this.#goTo(node.go).proceed();
    if (name === 'remind') return this.#remind(node);
    if (node.kind !== 'approval' && node.kind !== 'wait') return ignored(this.#state, 'timer', 'not_waiting');
    if (!node.timeout) return ignored(this.#state, 'timer', 'not_waiting');
    if (node.kind === 'approval') {
      this.#effects.push({ kind: 'approval.close', node: this.#state.node, visit: this.#state.visit });
    }
    return this.#goTo(node.timeout.go).proceed();
  }

  #remind(node: ProcessNode): ProcessStep {
    const reminder =
      node.kind === 'approval' ? node.approval.remind : node.kind === 'wait' ? node.wait.remind : undefined;
    if (!reminder) return ignored(this.#state, 'timer', 'not_waiting');
    const { every, times, text, escalate } = reminder;
    const { node: name, visit, reminded = 0 } = this.#state;
    if (reminded > times || (reminded === times && !escalate)) return ignored(this.#state, 'timer', 'not_waiting');
    this.#state = { ...this.#state, reminded: reminded + 1 };
    if (reminded === times && escalate) {
      this.#effects.push({ kind: 'escalate', node: name, visit, ...escalate });
      return this.#done();
    }
    this.#effects.push({ kind: 'remind', node: name, visit, text });
    if (reminded + 1 < times || escalate) this.#setTimer('remind', every);
    return this.#done();
  }

  retried(facts: Facts): ProcessStep {
    this.#learn(facts);
    this.#state = { ...this.#state, status: 'running', visit: this.#state.visit + 1 };
    return this.proceed();
  }

  /** Walks until somebody has to be waited for. */
  proceed(): ProcessStep {
    for (let moves = 0; this.#state.status === 'running'; moves += 1) {
      if (moves > MAX_MOVES) return this.#stop('spinning', this.#state.node).#done();
      this.#enter(nodeOf(this.#flow, this.#state.node));
    }
    return this.#done();
  }

  #enter(node: ProcessNode): void {
    switch (node.kind) {
      case 'approval':
        this.#openApproval(node);
        break;
      case 'decide':
        this.#decide(node);
        break;
      case 'do':
        this.#wait();
        this.#effects.push({
          kind: 'operation',
          operation: node.do,
          input: this.#resolve(node.with),
          visit: this.#state.visit,
        });
        break;
      case 'notify':
        this.#effects.push({
          kind: 'notify',
          to: String(resolveTemplate(node.to, this.#lookup)),
          text: node.notify,
          params: this.#resolve(node.with),
        });
        this.#goTo(node.go);
        break;
      case 'wait':
        this.#wait();
        this.#setTimer('remind', node.wait.remind?.every);
        this.#setTimer('timeout', node.timeout?.after);
        break;
      case 'timer':
        this.#wait();
        this.#setTimer('timeout', node.timer);
        break;
      case 'end':
        this.#state = { ...this.#state, status: 'ended', outcome: node.end };
        this.#effects.push({ kind: 'ended', outcome: node.end });
        break;
    }
  }

  #openApproval(node: NodeOf<'approval'>): void {
    const { when, title, policy, role, count, verbs, card, remind } = node.approval;
    // A missing fact is no reason to spare the case a look: only a clear "no" skips the node.
    if (when !== undefined && ask(this.#flow, when, this.#conditionFacts()) === false) {
      this.#effects.push({ kind: 'not_applicable', node: this.#state.node, condition: when });
      this.#goTo(node.approved);
      return;
    }
    if (role === undefined) {
      this.#stop('empty_approver', this.#state.node);
      return;
    }
    this.#wait();
    const shown = Object.fromEntries(card.map((fact) => [fact, this.#state.facts[fact] ?? null]));
    this.#effects.push({
      kind: 'approval.open',
      node: this.#state.node,
      visit: this.#state.visit,
      since: this.#state.since ?? 1,
      title,
      policy,
      role,
      count,
      verbs,
      card: shown,
    });
    this.#setTimer('remind', remind?.every);
    this.#setTimer('timeout', node.timeout?.after);
  }

  #decide(node: NodeOf<'decide'>): void {
    const routed = followStrictly(this.#flow, node.decide, this.#conditionFacts());
    if ('to' in routed) this.#goTo(routed.to);
    else this.#stop('fact_missing', routed.missing.join(', '));
  }

  #goTo(node: string): this {
    const { reminded: _reminded, ...state } = this.#state;
    const { node: from, visit } = state;
    if (state.status === 'waiting') this.#effects.push({ kind: 'timer.clear', visit });
    this.#state = { ...state, node, visit: visit + 1, status: 'running' };
    this.#effects.push({ kind: 'moved', from, to: node, visit: visit + 1 });
    return this;
  }

  #wait(): void {
    this.#state = { ...this.#state, status: 'waiting' };
  }

  #stop(code: Stop, detail: string): this {
    this.#state = { ...this.#state, status: 'stopped' };
    this.#effects.push({ kind: 'incident', code, node: this.#state.node, detail });
    return this;
  }

  #setTimer(name: 'remind' | 'timeout', after: string | undefined): void {
    if (after === undefined) return;
    this.#effects.push({ kind: 'timer.set', visit: this.#state.visit, name, afterMinutes: durationMinutes(after) });
  }

  #learn(facts: Facts): void {
    this.#state = { ...this.#state, facts: { ...this.#state.facts, ...facts } };
  }

  /** Facts as conditions want them: what is declared as money in whole fen. */
  #conditionFacts(): Facts {
    const facts: Record<string, unknown> = { ...this.#state.facts };
    for (const [name, type] of Object.entries(this.#flow.definition.facts)) {
      if (type === 'money' && typeof facts[name] === 'string') facts[name] = parseYuan(facts[name]) ?? null;
    }
    return facts;
  }

  readonly #lookup = (root: string): unknown => this.#state.facts[root];

  #resolve(template: Parameters<typeof resolveTemplate>[0]): Facts {
    return resolveTemplate(template, this.#lookup) as Facts;
  }

  #done(): ProcessStep {
    return { state: this.#state, effects: this.#effects };
  }
}
