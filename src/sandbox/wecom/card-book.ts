/** The cards an app has sent: task ids that must never come back, response codes that work once, copies per member. */
import { newToken } from '../../lib/ids.ts';
import { demand, WecomFault } from './fault.ts';
import type { TemplateCard } from './card-schema.ts';

/** [doc 94888] a response_code is good for 72 hours. */
const CODE_MS = 72 * 3_600_000;
const MAX_CODES = 20_000;
const MAX_TASK_IDS = 100_000;

/** One send of one card, with each recipient's own copy of it. */
export interface CardTask {
  readonly agentId: number;
  readonly taskId: string;
  readonly copies: Map<string, PersonCard>;
}

/** What one member has on his phone. */
export interface PersonCard {
  readonly task: CardTask;
  card: TemplateCard;
  replaceName: string | undefined;
}

/** A response_code and what it is good for; times in ms of virtual time. */
export interface Code {
  readonly task: CardTask;
  readonly issuedAt: number;
  readonly used: boolean;
}

/** What outlives a restart. */
export interface CardBookState {
  readonly codes: ReadonlyMap<string, Code>;
  readonly taskIds: ReadonlySet<string>;
}

/** All cards of all apps. */
export class CardBook {
  readonly #codes = new Map<string, Code>();
  readonly #taskIds = new Set<string>();

  exportState(): CardBookState {
    return { codes: this.#codes, taskIds: this.#taskIds };
  }

  importState({ codes, taskIds }: CardBookState): void {
    for (const [code, known] of codes) this.#codes.set(code, known);
    for (const id of taskIds) this.#taskIds.add(id);
  }

  /** @throws WecomFault 42014 when this app has used the task_id before (the code is our guess). */
  open(agentId: number, card: TemplateCard): CardTask {
    const taskId = card.task_id ?? '';
    const name = `${agentId}:${taskId}`;
    demand(taskId === '' || !this.#taskIds.has(name), 42014, 'invalid task_id: task_id repeated');
    if (taskId !== '') this.#taskIds.add(name);
    if (this.#taskIds.size > MAX_TASK_IDS) this.#taskIds.delete([...this.#taskIds.values()][0] ?? '');
    return { agentId, taskId, copies: new Map() };
  }

  /** A fresh code for one later update of this task. */
  issueCode(task: CardTask, now: Date): string {
    const code = newToken(43);
    this.#codes.set(code, { task, issuedAt: now.getTime(), used: false });
    const [oldest] = this.#codes.keys();
    if (this.#codes.size > MAX_CODES && oldest !== undefined) this.#codes.delete(oldest);
    return code;
  }

  /** @throws WecomFault 60140 unknown, used or older than 72 h; 42015 issued to another app. */
  look(code: string, agentId: number, now: Date): CardTask {
    const known = this.#codes.get(code);
    if (known === undefined) throw new WecomFault(60140, 'invalid response_code');
    demand(known.task.agentId === agentId, 42015, 'agentid not match with response_code');
    demand(!known.used, 60140, 'invalid response_code: already used');
    demand(known.issuedAt + CODE_MS > now.getTime(), 60140, 'invalid response_code: expired');
    return known.task;
  }

  /** The code has done its one update. */
  burn(code: string): void {
    const known = this.#codes.get(code);
    if (known !== undefined) this.#codes.set(code, { ...known, used: true });
  }
}
