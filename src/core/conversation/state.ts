/** What is remembered of a conversation: a stack of frames, by step name and flow version. Plain JSON, about 1 kB. */
import type { FileRow } from './file-places.ts';
import type { FactValue } from './understand/index.ts';

/** Where a slot's value came from. */
export type SlotSource = 'said' | 'asked' | 'chosen' | 'given' | 'skipped';

/** A slot's value with its provenance. A skipped slot has no value; a stored one may have a reference in its place. */
export interface SlotState {
  readonly value?: FactValue;
  /** Where the value stands; never beside it, and never seen by the interpreter. No text a person types becomes one. */
  readonly reference?: string;
  readonly from: SlotSource;
  /** Somebody confirmed or corrected it: passing text no longer changes it. */
  readonly confirmed?: true;
}

/** What the frame waits for; absent = it can run on. */
type Wait = 'slot' | 'choice' | 'confirm' | 'operation' | 'call';

/** Plain fields of an operation's result; lists in it live only until the next question. */
export type KeptResult = Readonly<Record<string, string | number | boolean>>;

/** A change that passing text proposed to something a person had confirmed; the person decides. */
export interface PendingChange {
  readonly slot: string;
  /** Absent: the sentence is about somebody it does not name. */
  readonly value?: FactValue;
  /** The whole sentence, when it says more: nothing of it is taken before the decision. */
  readonly text?: string;
  /** The sentence seems to be about another person, who may get a form of his own. */
  readonly other?: true;
}

/** What a frame waits with, so that it can wait again as if nothing had come between. */
export type Question = Pick<Frame, 'step' | 'visit' | 'wait' | 'asked' | 'offered' | 'later'> &
  Partial<Pick<Frame, 'results'>>;

/** One flow in progress. */
export interface Frame {
  readonly flow: string;
  readonly version: string;
  readonly step: string;
  /** Number of the present wait; buttons, timers and results of earlier waits are recognised by it. */
  readonly visit: number;
  readonly wait?: Wait;
  readonly slots: Readonly<Record<string, SlotState>>;
  readonly results: Readonly<Record<string, KeptResult>>;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** The slot being asked for. */
  readonly asked?: string;
  /** The form (a `collect` step) it was in last: where a correction and 上一步 lead back to. */
  readonly form?: string;
  /** What the command that opened it was given; kept until a person is asked something. */
  readonly argument?: string;
  /** What was said when a look-up was opened; kept as long as `argument`, for an operation that comes after another. */
  readonly said?: string;
  /** The question it waited with when a look-up took the word; asked no second time if everything still holds. */
  readonly back?: Question;
  /** Slots asked so far, oldest first, for 上一步. */
  readonly trail: readonly string[];
  /** Slots learned or emptied since the last operation. */
  readonly changed: readonly string[];
  readonly pending?: PendingChange;
  /** Slots that are asked for anew since 重来, whatever is on file; each until it is answered. */
  readonly anew?: readonly string[];
  /** The rows offered by a `pick`, so that the question can be asked again and answered by number. */
  readonly offered?: readonly KeptResult[];
  /** The how many-th of the files in question its file is; absent where people may count otherwise. */
  readonly place?: number;
  /** It was put aside because nobody answered, or somebody may be the wrong person: a late answer takes it up again. */
  readonly expired?: true;
  /** Beside `expired`: somebody may be the wrong person. 好的 and 没有 may be said to that, and answer nothing he was asked. */
  readonly shelved?: true;
  /**
   * He had no time (在忙, 睡了): it is asked for once more when its reminder would have been due. A customer's is put aside as an
   * `expired` one is; a colleague's stays open and says nothing.
   */
  readonly later?: true;
  /** Messages in a row that could not be read. */
  readonly misses: number;
}

/** A conversation. */
export interface ConversationState {
  readonly format: 1;
  /** Oldest at the bottom; the last one has the word. */
  readonly frames: readonly Frame[];
  /** The draft put aside last (cancelled, expired), for 继续. */
  readonly parked?: Frame;
  /** The customer named last for files (上传 K318); the files that come are his until something else is said, or for ten minutes. */
  readonly filesFor?: string;
  /** The files that came last, as long as one of them is asked about or nothing else was said. */
  readonly fileRow?: FileRow;
  /** A person has taken over; the bot is silent until handed back. */
  readonly handedOver: boolean;
  /** Visits given out so far. */
  readonly visits: number;
}

/** A conversation in which nothing has happened. */
export const EMPTY_CONVERSATION: ConversationState = { format: 1, frames: [], handedOver: false, visits: 0 };

/** The state with every slot changed, e.g. into a reference before it is stored and back after loading; `undefined` empties one. */
export function mapSlots(
  state: ConversationState,
  change: (slot: SlotState, name: string, frame: Frame) => SlotState | undefined,
): ConversationState {
  const mapFrame = (frame: Frame): Frame => ({
    ...frame,
    slots: Object.fromEntries(
      Object.entries(frame.slots).flatMap(([name, slot]) => {
        const changed = change(slot, name, frame);
        return changed === undefined ? [] : [[name, changed] as const];
      }),
    ),
  });
  return {
    ...state,
    frames: state.frames.map(mapFrame),
    ...(state.parked ? { parked: mapFrame(state.parked) } : {}),
  };
}
