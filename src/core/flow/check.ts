/** The meaning of a flow: everything it mentions exists, everything in it can be reached, and it cannot go wrong quietly. */
import { messageFault } from '../../lib/i18n.ts';
import { compileCondition } from '../rules/cel.ts';
import type { FlowCatalogue } from './catalogue.ts';
import type {
  Branch,
  ConversationDefinition,
  FlowDefinition,
  ProcessDefinition,
  ProcessNode,
  ScheduleDefinition,
  Step,
} from './definition.ts';
import type { Fault } from './finding.ts';
import { conversationGraph, processGraph, reachable, spinning, type Vertex } from './graph.ts';
import { referencesOf, textsOf, type Mention } from './mentions.ts';

/** Names a conversation's conditions and templates may always use. */
const CONVERSATION_ROOTS: readonly string[] = [
  'text',
  'facts',
  'changed',
  'slots',
  'missing',
  'summary',
  'media',
  'link',
  'contact',
  'argument',
  'names',
  'today',
  'below',
  'waits',
  'keeps',
  'drafts',
  'later',
  'asks',
  'says',
  'returning',
  'handedOver',
  'labels',
  'title',
  'whose',
  'older',
];
/** Names a process's conditions and templates may always use. */
const PROCESS_ROOTS: readonly string[] = ['instance', 'outcome', 'reason', 'by'];

/** Every fault of meaning; empty = may be published. */
export function checkDefinition(flow: FlowDefinition, catalogue: FlowCatalogue): readonly Fault[] {
  return [...checkKind(flow, catalogue), ...checkMeaning(flow, catalogue)];
}

function checkKind(flow: FlowDefinition, { kinds }: FlowCatalogue): readonly Fault[] {
  const kind = kinds?.get(flow.flow) ?? flow.kind;
  return kind === flow.kind ? [] : [{ path: ['kind'], code: 'kind_changed', params: { flow: flow.flow, kind } }];
}

function checkMeaning(flow: FlowDefinition, catalogue: FlowCatalogue): readonly Fault[] {
  const texts = textsOf(flow).flatMap((mention) => checkText(mention, catalogue));
  switch (flow.kind) {
    case 'conversation':
      return [...checkConversation(flow, catalogue), ...texts];
    case 'process':
      return [...checkProcess(flow, catalogue), ...texts];
    case 'schedule':
      return [...checkSchedule(flow), ...texts];
  }
}

function checkText({ value, path }: Mention, catalogue: FlowCatalogue): readonly Fault[] {
  return Object.entries(catalogue.texts).flatMap(([language, { [value]: message }]) => {
    const params = { key: value, language };
    if (message === undefined) return [{ path, code: 'unknown_text', params }];
    // A version keeps its texts: one that cannot be said would stop every case that begins with it.
    const detail = messageFault(message, language);
    return detail === undefined ? [] : [{ path, code: 'broken_text', params: { ...params, detail } }];
  });
}

function checkConversation(flow: ConversationDefinition, catalogue: FlowCatalogue): readonly Fault[] {
  const graph = conversationGraph(flow);
  const known = new Set([...CONVERSATION_ROOTS, ...flow.inputs, ...resultNames(flow)]);
  const starts: readonly Start[] = [
    { name: flow.first, path: ['first'] },
    ...(flow.restart === undefined ? [] : [{ name: flow.restart, path: ['restart'] }]),
    ...(flow.resume === undefined ? [] : [{ name: flow.resume, path: ['resume'] }]),
    ...(flow.aside === undefined ? [] : [{ name: flow.aside, path: ['aside'] }]),
    ...flow.begin.flatMap((starter, index) =>
      starter.at === undefined ? [] : [{ name: starter.at, path: ['begin', index, 'at'] }],
    ),
  ];
  return [
    ...checkGraph(graph, starts, 'steps'),
    ...Object.entries(flow.steps).flatMap(([name, step]) => checkStep(flow, step, ['steps', name], catalogue)),
    ...Object.entries(flow.slots).flatMap(([name]) => checkSlot(flow, name)),
    ...checkReferences(flow, known),
    ...checkSlotReferences(flow),
  ];
}

interface Start {
  readonly name: string;
  readonly path: readonly (string | number)[];
}

function checkGraph(graph: ReadonlyMap<string, Vertex>, starts: readonly Start[], section: string): readonly Fault[] {
  const faults: Fault[] = starts
    .filter((start) => !graph.has(start.name))
    .map((start) => unknownStep(start.name, start.path));
  for (const vertex of graph.values()) {
    faults.push(...vertex.edges.filter((edge) => !graph.has(edge.to)).map((edge) => unknownStep(edge.to, edge.path)));
  }
  const seen = reachable(
    graph,
    starts.map((start) => start.name),
  );
  for (const name of graph.keys()) {
    if (!seen.has(name)) faults.push({ path: [section, name], code: 'unreachable_step', params: { step: name } });
  }
  if (![...seen].some((name) => graph.get(name)?.ends === true)) faults.push({ path: [section], code: 'no_end' });
  faults.push(
    ...spinning(graph).map((name) => ({ path: [section, name], code: 'loop_without_human', params: { step: name } })),
  );
  return faults;
}

function unknownStep(step: string, path: readonly (string | number)[]): Fault {
  return { path, code: 'unknown_step', params: { step } };
}

function resultNames(flow: ConversationDefinition | ProcessDefinition): readonly string[] {
  const parts = flow.kind === 'conversation' ? Object.values(flow.steps) : Object.values(flow.nodes);
  return parts.flatMap((part) => {
    if (part.kind === 'do') return part.as === undefined ? [] : [part.as];
    if (part.kind === 'collect') return part.changed?.as === undefined ? [] : [part.changed.as];
    return part.kind === 'ask' && part.pick ? [part.pick.as] : [];
  });
}

type Path = readonly (string | number)[];

function checkStep(flow: ConversationDefinition, step: Step, path: Path, catalogue: FlowCatalogue): readonly Fault[] {
  switch (step.kind) {
    case 'collect':
      return [
        ...step.collect.flatMap((slot, index) => checkCollected(flow, slot, [...path, 'collect', index])),
        ...(step.changed ? checkOperation(step.changed, [...path, 'changed'], catalogue) : []),
        ...checkRoute(step.changed?.next, [...path, 'changed', 'next']),
        ...checkRoute(step.go, [...path, 'go']),
      ];
    case 'do':
      return [...checkOperation(step, path, catalogue), ...checkRoute(step.go, [...path, 'go'])];
    case 'say':
      return checkRoute(step.go, [...path, 'go']);
    case 'call':
      return [
        ...(step.call === flow.flow
          ? [{ path: [...path, 'call'], code: 'calls_itself', params: { flow: flow.flow } }]
          : []),
        ...checkFlowName(step.call, [...path, 'call'], catalogue),
        ...checkRoute(step.go, [...path, 'go']),
      ];
    case 'ask':
      return [...checkCard(flow, step.card, [...path, 'card']), ...checkChoices(step, path)];
    case 'confirm':
      return step.slots.flatMap((slot, index) => checkSlotName(flow, slot, [...path, 'slots', index]));
    case 'route':
      return checkRoute(step.route, [...path, 'route']);
    case 'control':
    case 'end':
      return [];
  }
}

function checkCollected(flow: ConversationDefinition, slot: string, path: Path): readonly Fault[] {
  const unknown = checkSlotName(flow, slot, path);
  if (unknown.length > 0) return unknown;
  return flow.slots[slot]?.ask === undefined && flow.slots[slot]?.required === true
    ? [{ path: ['slots', slot], code: 'missing_question', params: { slot } }]
    : [];
}

function checkCard(flow: ConversationDefinition, card: boolean | readonly string[], path: Path): readonly Fault[] {
  return typeof card === 'boolean' ? [] : card.flatMap((slot, index) => checkSlotName(flow, slot, [...path, index]));
}

function checkSlotName(flow: ConversationDefinition, slot: string, path: Path): readonly Fault[] {
  return Object.hasOwn(flow.slots, slot) ? [] : [{ path, code: 'unknown_slot', params: { slot } }];
}

function checkSlot(flow: ConversationDefinition, name: string): readonly Fault[] {
  const slot = flow.slots[name];
  if (!slot) return [];
  const faults = slot.dependsOn.flatMap((other, index) =>
    checkSlotName(flow, other, ['slots', name, 'dependsOn', index]),
  );
  const options = slot.options?.length ?? 0;
  if (slot.type === 'choice' && options === 0)
    return [...faults, { path: ['slots', name], code: 'choice_without_options', params: { slot: name } }];
  return faults;
}

function checkChoices(step: Extract<Step, { kind: 'ask' }>, path: Path): readonly Fault[] {
  const verbs = (step.choices ?? []).map((choice) => choice.verb);
  const twice = verbs.findIndex((verb, index) => verbs.indexOf(verb) !== index);
  if (twice !== -1)
    return [
      { path: [...path, 'choices', twice, 'verb'], code: 'duplicate_verb', params: { verb: verbs[twice] ?? '' } },
    ];
  return verbs.length === 0 && !step.pick && !step.contact ? [{ path, code: 'question_without_answer' }] : [];
}

/** The operation exists, and takes what it is given. */
function checkOperation(
  call: { readonly do: string; readonly with?: Readonly<Record<string, unknown>> | undefined },
  path: Path,
  catalogue: FlowCatalogue,
): readonly Fault[] {
  const operation = call.do;
  if (!catalogue.operations.has(operation))
    return [{ path: [...path, 'do'], code: 'unknown_operation', params: { operation } }];
  const taken = catalogue.inputs?.get(operation);
  if (!taken) return [];
  return Object.keys(call.with ?? {})
    .filter((key) => !taken.has(key))
    .map((key) => ({ path: [...path, 'with', key], code: 'unknown_input', params: { key, operation } }));
}

function checkFlowName(flow: string, path: Path, catalogue: FlowCatalogue): readonly Fault[] {
  return catalogue.flows.has(flow) ? [] : [{ path, code: 'unknown_flow', params: { flow } }];
}

/** Conditions are tried in order, so that `otherwise` must be there, once, and last. */
function checkRoute(route: string | readonly Branch[] | undefined, path: Path): readonly Fault[] {
  if (route === undefined || typeof route === 'string') return [];
  const first = route.findIndex((branch) => 'otherwise' in branch);
  if (first === -1) return [{ path, code: 'missing_default' }];
  return first === route.length - 1 ? [] : [{ path: [...path, first], code: 'default_not_last' }];
}

function checkReferences(
  flow: ConversationDefinition | ProcessDefinition,
  known: ReadonlySet<string>,
): readonly Fault[] {
  const { conditions, roots } = referencesOf(flow);
  return [
    ...conditions.flatMap((mention) => checkCondition(mention, known)),
    ...roots
      .filter((mention) => !known.has(mention.value))
      .map((mention) => ({ path: mention.path, code: 'unknown_fact', params: { fact: mention.value } })),
  ];
}

/** `slots.name` and `$slots.name` name slots that are there. */
function checkSlotReferences(flow: ConversationDefinition): readonly Fault[] {
  const { conditions, slots } = referencesOf(flow);
  const inConditions = conditions.flatMap(({ value, path }) =>
    [...value.matchAll(/(?<![\w.$"'])slots\.([A-Za-z]\w*)/g)].map(([, slot = '']) => ({ value: slot, path })),
  );
  return [...inConditions, ...slots].flatMap(({ value, path }) => checkSlotName(flow, value, path));
}

function checkCondition({ value, path }: Mention, known: ReadonlySet<string>): readonly Fault[] {
  const compiled = compileCondition(value);
  if (!compiled.ok) {
    return [
      { path, code: 'condition', params: { detail: compiled.message, rule: compiled.code }, offset: compiled.position },
    ];
  }
  return compiled.condition.facts
    .map((fact) => fact.split('.')[0] ?? fact)
    .filter((root) => !known.has(root))
    .map((fact) => ({ path, code: 'unknown_fact', params: { fact }, offset: Math.max(0, value.indexOf(fact)) }));
}

function checkProcess(flow: ProcessDefinition, catalogue: FlowCatalogue): readonly Fault[] {
  const known = new Set([...PROCESS_ROOTS, ...Object.keys(flow.facts), ...resultNames(flow)]);
  return [
    ...checkGraph(processGraph(flow), [{ name: flow.start, path: ['start'] }], 'nodes'),
    ...Object.entries(flow.nodes).flatMap(([name, node]) => checkNode(node, ['nodes', name], catalogue, known)),
    ...checkReferences(flow, known),
  ];
}

function checkNode(
  node: ProcessNode,
  path: Path,
  catalogue: FlowCatalogue,
  known: ReadonlySet<string>,
): readonly Fault[] {
  switch (node.kind) {
    case 'approval':
      return checkApproval(node, path, catalogue, known);
    case 'decide':
      return checkRoute(node.decide, [...path, 'decide']);
    case 'do':
      return checkOperation(node, path, catalogue);
    case 'wait':
      return [
        ...(Object.keys(node.on).length === 0 && !node.timeout
          ? [{ path: [...path, 'on'], code: 'wait_without_exit' }]
          : []),
        ...checkEscalation(node.wait.remind, [...path, 'wait', 'remind'], catalogue),
      ];
    case 'notify':
    case 'timer':
    case 'end':
      return [];
  }
}

function checkApproval(
  node: Extract<ProcessNode, { kind: 'approval' }>,
  path: Path,
  catalogue: FlowCatalogue,
  known: ReadonlySet<string>,
): readonly Fault[] {
  const { role, verbs, card, remind } = node.approval;
  const at = [...path, 'approval'];
  const faults: Fault[] = [];
  if (role === undefined) faults.push({ path: at, code: 'empty_approver' });
  else if (!catalogue.roles.has(role)) faults.push({ path: [...at, 'role'], code: 'unknown_role', params: { role } });
  if (verbs.includes('return') && node.returned === undefined)
    faults.push({ path: [...at, 'verbs'], code: 'return_without_target' });
  if (!verbs.includes('approve') || !verbs.includes('reject'))
    faults.push({ path: [...at, 'verbs'], code: 'verbs_incomplete' });
  faults.push(
    ...card.flatMap((fact, index) =>
      known.has(fact) ? [] : [{ path: [...at, 'card', index], code: 'unknown_fact', params: { fact } }],
    ),
  );
  if (remind && !remind.escalate && !node.timeout)
    faults.push({ path: [...at, 'remind'], code: 'reminder_without_end', params: { times: remind.times } });
  return [...faults, ...checkEscalation(remind, [...at, 'remind'], catalogue)];
}

function checkEscalation(
  remind: Extract<ProcessNode, { kind: 'approval' }>['approval']['remind'],
  path: Path,
  catalogue: FlowCatalogue,
): readonly Fault[] {
  const role = remind?.escalate?.role;
  return role === undefined || catalogue.roles.has(role)
    ? []
    : [{ path: [...path, 'escalate', 'role'], code: 'unknown_role', params: { role } }];
}

function checkSchedule(flow: ScheduleDefinition): readonly Fault[] {
  const faults: Fault[] = [];
  if (flow.window.from >= flow.window.to) faults.push({ path: ['window'], code: 'window_empty' });
  flow.stages.forEach((stage, index) => {
    const path = ['stages', index];
    if (stage.at < flow.window.from || stage.at >= flow.window.to)
      faults.push({ path: [...path, 'at'], code: 'stage_outside_window', params: { stage: stage.name } });
    const before = flow.stages[index - 1];
    if (before && before.day >= stage.day)
      faults.push({ path: [...path, 'day'], code: 'stages_not_in_order', params: { stage: stage.name } });
    if (flow.stages.findIndex((other) => other.name === stage.name) !== index)
      faults.push({ path: [...path, 'name'], code: 'duplicate_stage', params: { stage: stage.name } });
  });
  return faults;
}
