/** Modals and home tabs: validation, the stack of three, hashes. Limits: @slack/types views.d.ts. */
import { compact, type Fields, fieldsOf, isFields, listOf, refill, textOf, wordOf } from '../kernel/values.ts';
import { invalidArguments } from './args.ts';
import { blockFaults, placedElements, withIds } from './blocks.ts';
import { Check } from './check.ts';
import { isStateful, stateValue } from './elements.ts';
import { SlackRefusal } from './types.ts';
import type { Workspace } from './workspace.ts';

const MAX_STACK = 3;
const MAX_VIEW_BYTES = 250_000;

/** An open modal or a published home tab. */
export interface OpenView {
  readonly id: string;
  readonly userId: string;
  readonly rootId: string;
  readonly previousId: string | null;
  body: Fields;
  blocks: readonly Fields[];
  hash: string;
  /** What the person filled in: `block_id/action_id` → value. */
  readonly filled: Map<string, string>;
  /** What our answer to the last submission says at input blocks: `block_id` → text. */
  errors: Readonly<Record<string, string>> | undefined;
}

/** What the views remember over a restart. */
export interface ViewBookState {
  readonly views: ReadonlyMap<string, OpenView>;
  readonly stacks: ReadonlyMap<string, OpenView[]>;
  readonly homes: ReadonlyMap<string, OpenView>;
}

/** All open modals and home tabs. */
export class ViewBook {
  readonly #workspace: Workspace;
  readonly #views = new Map<string, OpenView>();
  readonly #stacks = new Map<string, OpenView[]>();
  readonly #homes = new Map<string, OpenView>();

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  exportState(): ViewBookState {
    return { views: this.#views, stacks: this.#stacks, homes: this.#homes };
  }

  importState(state: ViewBookState): void {
    refill(this.#views, state.views);
    refill(this.#stacks, state.stacks);
    refill(this.#homes, state.homes);
  }

  /** The modal on top of a person's screen. */
  top(userId: string): OpenView | undefined {
    return this.#stacks.get(userId)?.at(-1);
  }

  home(userId: string): OpenView | undefined {
    return this.#homes.get(userId);
  }

  find(id: string): OpenView | undefined {
    return this.#views.get(id);
  }

  /** Opens a modal; one that is already open gives way. @throws SlackRefusal for a bad view. */
  open(userId: string, input: unknown): OpenView {
    const view = this.#make(userId, checkedView(input, 'modal'), undefined);
    this.#stacks.set(userId, [view]);
    return view;
  }

  /** Puts a modal on top. @throws SlackRefusal `push_limit_reached` on a stack of three. */
  push(userId: string, input: unknown): OpenView {
    const stack = this.#stacks.get(userId) ?? [];
    if (stack.length >= MAX_STACK) throw new SlackRefusal('push_limit_reached');
    const view = this.#make(userId, checkedView(input, 'modal'), stack.at(-1));
    this.#stacks.set(userId, [...stack, view]);
    return view;
  }

  /** Replaces what a view shows. @throws SlackRefusal `not_found`, `hash_conflict`, or for a bad view. */
  update(
    key: { readonly viewId?: string | undefined; readonly externalId?: string | undefined },
    input: unknown,
    hash?: string,
  ): OpenView {
    const view = key.viewId === undefined ? this.#byExternalId(key.externalId) : this.#views.get(key.viewId);
    if (view === undefined) throw new SlackRefusal('not_found');
    if (hash !== undefined && hash !== view.hash) throw new SlackRefusal('hash_conflict');
    this.#fill(view, checkedView(input, view.body['type'] === 'home' ? 'home' : 'modal'));
    return view;
  }

  /** Publishes a person's home tab. @throws SlackRefusal `hash_conflict`, or for a bad view. */
  publish(userId: string, input: unknown, hash?: string): OpenView {
    const checked = checkedView(input, 'home');
    const known = this.#homes.get(userId);
    if (hash !== undefined && hash !== known?.hash) throw new SlackRefusal('hash_conflict');
    if (known === undefined) {
      const view = this.#make(userId, checked, undefined);
      this.#homes.set(userId, view);
      return view;
    }
    this.#fill(known, checked);
    return known;
  }

  /** Takes the top modal away; `all` clears the whole stack. */
  close(userId: string, all: boolean): void {
    const stack = this.#stacks.get(userId) ?? [];
    const gone = all ? stack : stack.slice(-1);
    for (const view of gone) this.#views.delete(view.id);
    this.#stacks.set(userId, all ? [] : stack.slice(0, -1));
  }

  /** The view object of answers and payloads; `withInputs` false leaves input blocks out of the state (view_closed). */
  object(view: OpenView, withInputs = true): Fields {
    const { body } = view;
    const blocks = withInputs ? view.blocks : view.blocks.filter((block) => block['type'] !== 'input');
    return compact({
      id: view.id,
      team_id: this.#workspace.teamId,
      type: body['type'],
      blocks: view.blocks,
      private_metadata: body['private_metadata'] ?? '',
      callback_id: body['callback_id'] ?? '',
      external_id: body['external_id'] ?? '',
      state: { values: stateValues(blocks, view.filled) },
      hash: view.hash,
      title: body['title'],
      submit: body['submit'] ?? null,
      close: body['close'] ?? null,
      clear_on_close: body['clear_on_close'] === true,
      notify_on_close: body['notify_on_close'] === true,
      previous_view_id: view.previousId,
      root_view_id: view.rootId,
      app_id: this.#workspace.appId,
      app_installed_team_id: this.#workspace.teamId,
      bot_id: this.#workspace.botId,
    });
  }

  #make(userId: string, body: Fields, previous: OpenView | undefined): OpenView {
    const externalId = textOf(body['external_id']);
    if (externalId !== undefined && this.#byExternalId(externalId) !== undefined)
      throw new SlackRefusal('duplicate_external_id');
    const id = this.#workspace.nextId('V');
    const rootId = previous?.rootId ?? id;
    const view: OpenView = {
      id,
      userId,
      rootId,
      previousId: previous?.id ?? null,
      body,
      blocks: [],
      hash: '',
      filled: new Map(),
      errors: undefined,
    };
    this.#fill(view, body);
    this.#views.set(id, view);
    return view;
  }

  #fill(view: OpenView, body: Fields): void {
    view.body = body;
    view.errors = undefined;
    view.blocks = withIds(listOf(body['blocks']), () => this.#workspace.nextId('b'));
    view.hash = `${this.#workspace.seconds()}.${this.#workspace.nextId('h')}`;
  }

  #byExternalId(externalId: string | undefined): OpenView | undefined {
    if (externalId === undefined) return undefined;
    return [...this.#views.values()].find((view) => view.body['external_id'] === externalId);
  }
}

/** `state.values` of a block list: every stateful element by block and action. */
export function stateValues(blocks: readonly Fields[], chosen: ReadonlyMap<string, string>): Fields {
  const values: Record<string, Record<string, Fields>> = {};
  for (const { blockId, actionId, element } of placedElements(blocks)) {
    if (!isStateful(element)) continue;
    values[blockId] = { ...values[blockId], [actionId]: stateValue(element, chosen.get(`${blockId}/${actionId}`)) };
  }
  return values;
}

/** The view, or a refusal naming everything wrong with it. @throws SlackRefusal `view_too_large`, `invalid_arguments`. */
function checkedView(input: unknown, type: 'modal' | 'home'): Fields {
  if (!isFields(input)) throw invalidArguments('must provide an object [json-pointer:/view]');
  if (Buffer.byteLength(JSON.stringify(input)) > MAX_VIEW_BYTES) throw new SlackRefusal('view_too_large');
  const faults = viewFaults(input, type);
  if (faults.length > 0) throw new SlackRefusal('invalid_arguments', { response_metadata: { messages: faults } });
  return input;
}

function viewFaults(view: Fields, type: 'modal' | 'home'): readonly string[] {
  const check = new Check();
  if (wordOf(view['type']) !== type) check.fault(`unsupported type: ${wordOf(view['type'])}`, '/view/type');
  check.needs(view, 'blocks', '/view');
  check.string(view, 'callback_id', '/view', { max: 255 });
  check.string(view, 'external_id', '/view', { max: 255 });
  check.string(view, 'private_metadata', '/view', { max: 3000 });
  if (type === 'modal') checkModal(check, view);
  return [...check.faults, ...blockFaults(listOf(view['blocks']), type, '/view/blocks')];
}

function checkModal(check: Check, view: Fields): void {
  check.text(view, 'title', '/view', { max: 24, plainOnly: true, isRequired: true });
  check.text(view, 'close', '/view', { max: 24, plainOnly: true });
  const hasInput = listOf(view['blocks']).some((block) => fieldsOf(block)['type'] === 'input');
  check.text(view, 'submit', '/view', { max: 24, plainOnly: true, isRequired: hasInput });
}
