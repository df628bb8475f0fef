/** Plays a conversation by hand: what the runtime does, without anything that lasts. */
import {
  buildFlowTable,
  EMPTY_CONVERSATION,
  readMessage,
  stepConversation,
  type ConversationEffect,
  type ConversationEvent,
  type ConversationState,
  type ConversationTools,
} from '../../../../src/core/conversation/index.ts';
import type { CompiledFlow } from '../../../../src/core/flow/index.ts';
import { businessDate } from '../../../../src/lib/business-date.ts';
import { houseFlows } from '../flow/house.ts';

export const houseCompiled: readonly CompiledFlow[] = houseFlows().map((flow) => flow.compiled);
export const houseTable = buildFlowTable(houseCompiled);
export const TODAY = businessDate('2026-11-30');

/** Answers of operations by name; a function sees the input. */
export type Answers = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const ANSWERS: Answers = {
  'lead.capture': { kind: 'captured', leadNumber: 'K305', customerNumber: 'C32' },
  'lead.update': { kind: 'updated' },
  'lead.submit': { kind: 'incomplete', missing: [{ name: '身份证正反' }] },
  'lead.find': { kind: 'none' },
  'lead.review': { kind: 'open', number: 'K305', name: '何**', product: '流水经营贷', fits: true },
  'customer.find': { kind: 'none', items: [] },
  'customer.followLink': { kind: 'bound' },
  'customer.standing': { kind: 'open', known: '', complete: false },
  'customer.bindContact': { kind: 'matched' },
  'customer.answer': { kind: 'recorded', missing: [] },
  'consent.grant': { kind: 'granted' },
  'document.receive': {
    kind: 'unclear',
    document: 'd1',
    file: 'f1',
    time: '10:02',
    sort: 'photo',
    name: '',
    nth: 1,
    of: 1,
    items: [{ item: 'D01', name: '身份证' }],
  },
  'document.leave': { kind: 'left', to: 'adviser', count: 1 },
  'document.assign': { kind: 'filed', itemName: '身份证', version: 1, left: 1, missing: [] },
  'task.list': { items: [] },
  'staff.help': { items: [{ topic: 'leads' }] },
  'task.askForHelp': { kind: 'told', name: '陈组长' },
  'conversation.giveBack': { kind: 'handed_back', who: 'K305' },
  'approval.list': { items: [] },
  'approval.sendCard': { kind: 'sent', number: 'A1087' },
  'repayment.list': { items: [], more: 0, overdue: 0, overdueAmount: '0.00', overdueFrom: 'none', unlisted: 0 },
};

export class Talk {
  readonly tools: ConversationTools;
  state: ConversationState = EMPTY_CONVERSATION;
  /** Effects of the last event, operations included. */
  effects: readonly ConversationEffect[] = [];
  readonly #answers: Answers;

  constructor(
    options: {
      readonly flows?: readonly CompiledFlow[];
      readonly audience?: 'staff' | 'customer';
      readonly answers?: Answers;
    } = {},
  ) {
    this.tools = {
      flows: buildFlowTable(options.flows ?? houseCompiled),
      audience: options.audience ?? 'staff',
      today: TODAY,
    };
    this.#answers = { ...ANSWERS, ...options.answers };
  }

  say(text: string): this {
    return this.feed({ type: 'message', text, reading: readMessage(text, TODAY), media: [] });
  }

  feed(event: ConversationEvent): this {
    this.effects = [];
    this.#step(event);
    return this;
  }

  #step(event: ConversationEvent): void {
    const { state, effects } = stepConversation(this.state, event, this.tools);
    this.state = state;
    this.effects = [...this.effects, ...effects];
    for (const effect of effects) {
      if (effect.kind === 'do')
        this.#step({
          type: 'operation.done',
          visit: effect.visit,
          result: this.#answers[effect.operation] ?? {},
          announces: effect.announces,
        });
    }
  }

  /** Keys of what was said. */
  get said(): readonly string[] {
    return this.effects.flatMap((effect) => (effect.kind === 'say' ? [effect.key] : []));
  }

  get top(): ConversationState['frames'][number] | undefined {
    return this.state.frames.at(-1);
  }
}
