/** From plain data to a typed definition: the schema check, step by step so that each fault names its own key. */
import type { z } from 'zod';
import {
  conversationSchema,
  NODE_KINDS,
  nodeSchemas,
  processSchema,
  scheduleSchema,
  STEP_KINDS,
  stepSchemas,
  type FlowDefinition,
  type ProcessNode,
  type Step,
} from './definition.ts';
import type { Fault } from './finding.ts';

type Parsed = { readonly definition: FlowDefinition } | { readonly faults: readonly Fault[] };
type Path = readonly (string | number)[];

/** The definition, or every schema fault with its path. */
export function parseDefinition(data: unknown): Parsed {
  if (!isRecord(data)) return { faults: [{ path: [], code: 'not_a_map' }] };
  switch (data['kind']) {
    case 'conversation':
      return parseConversation(data);
    case 'process':
      return parseProcess(data);
    case 'schedule': {
      const parsed = scheduleSchema.safeParse(data);
      return parsed.success ? { definition: parsed.data } : { faults: faultsOf(parsed.error, [], data) };
    }
    default:
      return {
        faults: [
          {
            path: ['kind'],
            code: 'unknown_kind',
            params: { kind: typeof data['kind'] === 'string' ? data['kind'] : '' },
          },
        ],
      };
  }
}

function parseConversation(data: Readonly<Record<string, unknown>>): Parsed {
  const parsed = conversationSchema.safeParse(data);
  if (!parsed.success) return { faults: faultsOf(parsed.error, [], data) };
  const faults: Fault[] = [];
  const steps: Record<string, Step> = {};
  for (const [name, raw] of Object.entries(parsed.data.steps)) {
    const kind = STEP_KINDS.find((candidate) => candidate in raw);
    const step = kind === undefined ? undefined : stepSchemas[kind].safeParse(raw);
    if (kind === undefined || !step)
      faults.push({
        path: ['steps', name],
        code: 'unknown_step_kind',
        params: { step: name, kinds: STEP_KINDS.join(', ') },
      });
    else if (step.success) steps[name] = { kind, ...step.data } as Step;
    else faults.push(...faultsOf(step.error, ['steps', name], raw));
  }
  return faults.length > 0
    ? { faults }
    : {
        definition: {
          ...parsed.data,
          steps,
          order: { slots: Object.keys(parsed.data.slots), steps: Object.keys(steps) },
        },
      };
}

function parseProcess(data: Readonly<Record<string, unknown>>): Parsed {
  const parsed = processSchema.safeParse(data);
  if (!parsed.success) return { faults: faultsOf(parsed.error, [], data) };
  const faults: Fault[] = [];
  const nodes: Record<string, ProcessNode> = {};
  for (const [name, raw] of Object.entries(parsed.data.nodes)) {
    const kind = NODE_KINDS.find((candidate) => candidate in raw);
    const node = kind === undefined ? undefined : nodeSchemas[kind].safeParse(raw);
    if (kind === undefined || !node)
      faults.push({
        path: ['nodes', name],
        code: 'unknown_node_kind',
        params: { node: name, kinds: NODE_KINDS.join(', ') },
      });
    else if (node.success) nodes[name] = { kind, ...node.data } as ProcessNode;
    else faults.push(...faultsOf(node.error, ['nodes', name], raw));
  }
  return faults.length > 0 ? { faults } : { definition: { ...parsed.data, nodes } };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function faultsOf(error: z.ZodError, prefix: Path, data: unknown): readonly Fault[] {
  return error.issues.flatMap((issue) => faultsOfIssue(issue, prefix, data));
}

function faultsOfIssue(issue: z.core.$ZodIssue, prefix: Path, data: unknown): readonly Fault[] {
  const path = [...prefix, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], code: 'unknown_key', params: { key } }));
  }
  if (issue.code === 'invalid_union') return [deepestOfUnion(issue, path, data)];
  if (issue.code === 'invalid_type' && valueAt(data, issue.path) === undefined) {
    const target = path.at(-1) === 'go' && (path.includes('timeout') || (isRecord(data) && 'timer' in data));
    return [
      { path, code: target ? 'timer_without_target' : 'missing_key', params: { key: String(path.at(-1) ?? '') } },
    ];
  }
  return [
    {
      path,
      code: codeOf(issue, String(path.at(-1) ?? '')),
      params: { key: String(path.at(-1) ?? ''), detail: issue.message },
    },
  ];
}

/** Of the alternatives of a union the one that got furthest tells most. */
function deepestOfUnion(issue: z.core.$ZodIssueInvalidUnion, path: Path, data: unknown): Fault {
  const alternatives = issue.errors.flat().sort((a, b) => b.path.length - a.path.length);
  const deepest = alternatives.find((alternative) => alternative.code === 'unrecognized_keys') ?? alternatives[0];
  const inner =
    deepest && deepest.path.length > 0 ? faultsOfIssue(deepest, path, valueAt(data, issue.path))[0] : undefined;
  return inner ?? { path, code: 'invalid_value', params: { key: String(path.at(-1) ?? ''), detail: issue.message } };
}

function codeOf(issue: z.core.$ZodIssue, key: string): string {
  if (key === 'empty' && issue.code === 'invalid_value') return 'empty_must_stop';
  if (key === 'policy' && issue.code === 'invalid_value') return 'policy_unsupported';
  return 'invalid_value';
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  let value = data;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<PropertyKey, unknown>>)[part];
  }
  return value;
}
