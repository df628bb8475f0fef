/** A step in the making: the stack as it changes, the effects so far, and what the present event brought. */
import type { CompiledConversation } from '../flow/index.ts';
import type { ConditionFacts } from '../rules/cel.ts';
import type { FileRow } from './file-places.ts';
import type { Announcement, ConversationEffect, ConversationTools, MediaToken, Reading } from './protocol.ts';
import type { ConversationState, Frame } from './state.ts';

/** What the event brought that steps may refer to. */
export interface TurnInput {
  readonly text: string;
  readonly reading?: Reading;
  readonly media?: MediaToken;
  readonly link?: string;
  readonly contact?: { readonly phone: string; readonly own: boolean };
  readonly argument: string;
}

/** An operation's full result, lists included; kept for this turn only. */
export type FullResults = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const ANNOUNCING: ReadonlySet<string> = new Set(['conversation.noted', 'conversation.emptied']);

function isAnnouncement(effect: ConversationEffect): effect is Announcement {
  return effect.kind === 'diff' || (effect.kind === 'say' && ANNOUNCING.has(effect.key));
}

/** The changing state of one step. Frames are replaced, never changed in place. */
export class Turn {
  readonly tools: ConversationTools;
  readonly effects: ConversationEffect[] = [];
  input: TurnInput;
  results: FullResults = {};
  parked: Frame | undefined;
  filesFor: string | undefined;
  fileRow: FileRow | undefined;
  handedOver: boolean;
  readonly #frames: Frame[];
  #flow: CompiledConversation | undefined;
  #facts:
    | { readonly frame: Frame; readonly results: FullResults; readonly depth: number; readonly facts: ConditionFacts }
    | undefined;
  #visits: number;

  constructor(state: ConversationState, tools: ConversationTools, input: TurnInput) {
    this.tools = tools;
    this.input = input;
    this.#frames = [...state.frames];
    this.#visits = state.visits;
    this.parked = state.parked;
    this.filesFor = state.filesFor;
    this.fileRow = state.fileRow;
    // Nobody takes over from a colleague: the bot is his tool and never falls silent.
    this.handedOver = state.handedOver && tools.audience !== 'staff';
  }

  get top(): Frame | undefined {
    return this.#frames.at(-1);
  }

  /** The frame under the top one. */
  get below(): Frame | undefined {
    return this.#frames.at(-2);
  }

  get depth(): number {
    return this.#frames.length;
  }

  /** Frames from the top down. */
  frames(): readonly Frame[] {
    return this.#frames.toReversed();
  }

  /** The next visit number. */
  nextVisit(): number {
    this.#visits += 1;
    return this.#visits;
  }

  push(frame: Frame): void {
    this.#frames.push(frame);
    if (this.isForm(frame)) this.filesFor = undefined;
    this.results = {}; // those of the frame below, under names this one may use too
    this.effects.push({ kind: 'frame', change: 'opened', flow: frame.flow });
  }

  pop(): Frame | undefined {
    this.results = {};
    return this.#frames.pop();
  }

  /** Takes a frame away, wherever it lies. */
  take(frame: Frame): void {
    const at = this.#frames.indexOf(frame);
    if (at === -1) return;
    this.results = {};
    this.#frames.splice(at, 1);
  }

  /** What has been said of the form's new values, held back until they are kept. */
  takeAnnouncements(): readonly Announcement[] {
    const taken = this.effects.filter(isAnnouncement);
    const others = this.effects.filter((effect) => !isAnnouncement(effect));
    this.effects.splice(0, this.effects.length, ...others);
    return taken;
  }

  /** Ends a frame without a word. */
  forget(frame: Frame): void {
    this.take(frame);
    this.effects.push({ kind: 'frame', change: 'ended', flow: frame.flow, outcome: 'forgotten' });
  }

  /** Replaces the top frame. */
  put(frame: Frame): void {
    this.#frames[this.#frames.length - 1] = frame;
  }

  /** Brings a frame to the top and takes away the others of its flow, or those of them that `isTwin` names. */
  keepOnly(frame: Frame, isTwin: (other: Frame) => boolean = () => true): void {
    this.raise(frame);
    const others = this.#frames.filter((other) => other !== frame && other.flow === frame.flow && isTwin(other));
    for (const other of others) {
      this.#frames.splice(this.#frames.indexOf(other), 1);
      this.effects.push({ kind: 'frame', change: 'ended', flow: other.flow, outcome: 'opened again' });
    }
  }

  /** Brings a frame to the top; those that were above it stay open below. */
  raise(frame: Frame): void {
    const at = this.#frames.indexOf(frame);
    if (at === -1 || at === this.#frames.length - 1) return;
    this.#frames.splice(at, 1);
    this.#frames.push(frame);
    if (this.isForm(frame)) this.filesFor = undefined;
  }

  flowOf(frame: Frame): CompiledConversation {
    if (this.#flow?.version === frame.version) return this.#flow;
    const flow = this.tools.flows.get(frame.flow, frame.version);
    if (!flow) throw new Error(`flow ${frame.flow}@${frame.version} is not loaded`);
    this.#flow = flow;
    return flow;
  }

  /** The first of these frames that can be put aside and taken up again; the others say themselves where they go. */
  draftAmong(frames: readonly Frame[]): Frame | undefined {
    return frames.find((frame) => this.flowOf(frame).definition.aside === undefined);
  }

  /** The forms that lie open, the top one first. */
  drafts(): readonly Frame[] {
    return this.frames().filter((frame) => this.isForm(frame));
  }

  /** Whether it is about a customer and learns of him. */
  isForm(frame: Frame): boolean {
    return this.flowOf(frame).slotOfFact.has('name');
  }

  /** Condition facts of a frame, built once per state of it: a form asks many conditions about the same facts. */
  factsOf(frame: Frame, build: () => ConditionFacts): ConditionFacts {
    const kept = this.#facts;
    if (kept?.frame === frame && kept.results === this.results && kept.depth === this.depth) return kept.facts;
    const facts = build();
    this.#facts = { frame, results: this.results, depth: this.depth, facts };
    return facts;
  }

  state(): ConversationState {
    return {
      format: 1,
      frames: this.#frames,
      ...(this.parked ? { parked: this.parked } : {}),
      ...(this.filesFor === undefined ? {} : { filesFor: this.filesFor }),
      ...(this.fileRow ? { fileRow: this.fileRow } : {}),
      handedOver: this.handedOver,
      visits: this.#visits,
    };
  }
}

/**
 * The form step of a frame that asks for one of these slots: the one it is in or was in last, otherwise the last there is:
 * further down more is known (after `capture` a correction belongs to the lead, not to a new one).
 */
export function formOf(turn: Turn, frame: Frame, slots: readonly string[]): string | undefined {
  const { steps } = turn.flowOf(frame);
  const asks = (name: string | undefined): boolean => {
    const step = steps.get(name ?? '');
    return step?.kind === 'collect' && step.collect.some((slot) => slots.includes(slot));
  };
  return [frame.step, frame.form].find(asks) ?? [...steps.keys()].findLast(asks);
}

/** A frame without what it waited for. */
export function running(frame: Frame): Frame {
  const { wait: _, asked: __, pending: ___, offered: ____, later: _____, ...rest } = frame;
  return rest;
}

/** A frame without why it was put aside. */
export function awake(frame: Frame): Frame {
  const { expired: _, shelved: __, later: ___, ...rest } = frame;
  return rest;
}
