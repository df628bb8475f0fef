/** The flow as a graph of names: who leads where, and where a person is waited for. */
import type { Branch, ConversationDefinition, ProcessDefinition, ProcessNode, Route, Step } from './definition.ts';

/** One way out of a step: its target and where it is written. */
interface Edge {
  readonly to: string;
  readonly path: readonly (string | number)[];
}

/** A step or node as the checks see it. */
export interface Vertex {
  readonly name: string;
  readonly edges: readonly Edge[];
  /** It waits for a person, so that a loop through it cannot spin. */
  readonly waits: boolean;
  readonly ends: boolean;
}

type Path = readonly (string | number)[];

function branchEdges(branches: readonly Branch[], path: Path): readonly Edge[] {
  return branches.map((branch, index) =>
    'when' in branch
      ? { to: branch.go, path: [...path, index, 'go'] }
      : { to: branch.otherwise, path: [...path, index, 'otherwise'] },
  );
}

function routeEdges(route: Route, path: Path): readonly Edge[] {
  return typeof route === 'string' ? [{ to: route, path }] : branchEdges(route, path);
}

function optional(to: string | undefined, path: Path): readonly Edge[] {
  return to === undefined ? [] : [{ to, path }];
}

function stepEdges(step: Step, path: Path): readonly Edge[] {
  switch (step.kind) {
    case 'collect':
      return [
        ...branchEdges(step.changed?.next ?? [], [...path, 'changed', 'next']),
        ...optional(step.changed?.failed, [...path, 'changed', 'failed']),
        ...routeEdges(step.go, [...path, 'go']),
      ];
    case 'do':
      return [...routeEdges(step.go, [...path, 'go']), ...optional(step.failed, [...path, 'failed'])];
    case 'say':
    case 'call':
      return routeEdges(step.go, [...path, 'go']);
    case 'ask':
      return [
        ...(step.choices ?? []).map((choice, index) => ({ to: choice.go, path: [...path, 'choices', index, 'go'] })),
        ...optional(step.pick?.go, [...path, 'pick', 'go']),
        ...optional(step.contact?.go, [...path, 'contact', 'go']),
      ];
    case 'confirm':
      return [
        { to: step.yes, path: [...path, 'yes'] },
        { to: step.no, path: [...path, 'no'] },
      ];
    case 'route':
      return branchEdges(step.route, [...path, 'route']);
    case 'control':
    case 'end':
      return [];
  }
}

function nodeEdges(node: ProcessNode, path: Path): readonly Edge[] {
  switch (node.kind) {
    case 'approval':
      return [
        { to: node.approved, path: [...path, 'approved'] },
        { to: node.rejected, path: [...path, 'rejected'] },
        ...optional(node.returned, [...path, 'returned']),
        ...optional(node.recalled, [...path, 'recalled']),
        ...optional(node.timeout?.go, [...path, 'timeout', 'go']),
      ];
    case 'decide':
      return branchEdges(node.decide, [...path, 'decide']);
    case 'do':
      return [{ to: node.go, path: [...path, 'go'] }, ...optional(node.failed, [...path, 'failed'])];
    case 'notify':
    case 'timer':
      return [{ to: node.go, path: [...path, 'go'] }];
    case 'wait':
      return [
        ...Object.entries(node.on)
          .filter(([, to]) => to !== '$returner')
          .map(([signal, to]) => ({ to, path: [...path, 'on', signal] })),
        ...optional(node.timeout?.go, [...path, 'timeout', 'go']),
      ];
    case 'end':
      return [];
  }
}

/** The vertices of a conversation by name. */
export function conversationGraph(flow: ConversationDefinition): ReadonlyMap<string, Vertex> {
  return new Map(
    Object.entries(flow.steps).map(([name, step]) => [
      name,
      {
        name,
        edges: stepEdges(step, ['steps', name]),
        waits: step.kind === 'ask' || step.kind === 'collect' || step.kind === 'confirm',
        ends: step.kind === 'end' || step.kind === 'control',
      },
    ]),
  );
}

/** The vertices of a process by name. */
export function processGraph(flow: ProcessDefinition): ReadonlyMap<string, Vertex> {
  return new Map(
    Object.entries(flow.nodes).map(([name, node]) => [
      name,
      {
        name,
        edges: nodeEdges(node, ['nodes', name]),
        waits: node.kind === 'approval' || node.kind === 'wait',
        ends: node.kind === 'end',
      },
    ]),
  );
}

/** Every vertex that can be reached from the given ones. */
export function reachable(graph: ReadonlyMap<string, Vertex>, from: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [...from];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const vertex = graph.get(name);
    if (!vertex || seen.has(name)) continue;
    seen.add(name);
    open.push(...vertex.edges.map((edge) => edge.to));
  }
  return seen;
}

/** Vertices from which one can come back to themselves without passing a person. */
export function spinning(graph: ReadonlyMap<string, Vertex>): readonly string[] {
  const automatic = new Map([...graph].filter(([, vertex]) => !vertex.waits));
  return [...automatic.values()]
    .filter((vertex) =>
      reachable(
        automatic,
        vertex.edges.map((edge) => edge.to),
      ).has(vertex.name),
    )
    .map((vertex) => vertex.name);
}
