/** The flows a process has in memory: every version somebody is still in, compiled once, and the live one of each name. */
import type { Tx } from '../../db/database.ts';
import { buildFlowTable, type FlowTable } from '../conversation/index.ts';
import {
  compileFlow,
  readPublished,
  type CompiledFlow,
  type CompiledProcess,
  type CompiledSchedule,
} from '../flow/index.ts';
import { findFlowVersion, liveFlows, retiredSchedules, type FlowVersionRow } from './flow-store.ts';

/** Loaded at start and again when a version is published; old versions are loaded when a case needs them. */
export class Flows {
  readonly #compiled = new Map<string, CompiledFlow>();
  #live = new Map<string, string>();
  #table: FlowTable = buildFlowTable([]);

  /** Reads the live versions, and of schedules all that were live: they are run over many loans at once, with no time to look up. */
  async refresh(tx: Tx): Promise<void> {
    const rows = await liveFlows(tx);
    for (const row of [...rows, ...(await retiredSchedules(tx))]) this.#take(row);
    this.#live = new Map(rows.map((row) => [row.name, row.id]));
    this.#table = buildFlowTable([...this.#compiled.values()], this.#live);
  }

  /** The conversations for the interpreter. */
  get table(): FlowTable {
    return this.#table;
  }

  /** The live process of this name. @throws Error when there is none. */
  process(name: string): CompiledProcess {
    const flow = this.#compiled.get(this.#live.get(name) ?? '');
    if (flow?.kind !== 'process') throw new Error(`no live process ${name}`);
    return flow;
  }

  /** The live schedule of this name. @throws Error when there is none. */
  schedule(name: string): CompiledSchedule {
    const flow = this.#compiled.get(this.#live.get(name) ?? '');
    if (flow?.kind !== 'schedule') throw new Error(`no live schedule ${name}`);
    return flow;
  }

  /** Every version of this schedule that is in memory. */
  schedules(name: string): readonly CompiledSchedule[] {
    return [...this.#compiled.values()].filter((flow) => flow.kind === 'schedule').filter((flow) => flow.name === name);
  }

  /** A pinned version, loaded when it is not in memory yet. @throws Error for an unknown or altered version. */
  async version(tx: Tx, id: string): Promise<CompiledFlow> {
    const known = this.#compiled.get(id);
    if (known) return known;
    const row = await findFlowVersion(tx, id);
    if (!row) throw new Error(`flow version ${id} is not stored`);
    const flow = this.#take(row);
    this.#table = buildFlowTable([...this.#compiled.values()], this.#live);
    return flow;
  }

  /** Makes sure that the versions a conversation is in the middle of are in memory. */
  async ensure(tx: Tx, versions: readonly string[]): Promise<void> {
    for (const id of versions) await this.version(tx, id);
  }

  #take(row: FlowVersionRow): CompiledFlow {
    const known = this.#compiled.get(row.id);
    if (known) return known;
    const flow = compileFlow(readPublished(row.definition, row.id), row.id);
    this.#compiled.set(row.id, flow);
    return flow;
  }
}
