/** Published flow versions: the database is the truth, files seed the first installation, later files become drafts. */
import { statement, type Tx } from '../../db/database.ts';
import { LOCKS } from '../../db/locks.ts';
import type { LoadedFlow } from '../flow/index.ts';

/** A stored version: `id` is its hash, `definition` canonical JSON, `source` the YAML it came from. */
export interface FlowVersionRow {
  readonly id: string;
  readonly name: string;
  readonly number: number;
  readonly kind: string;
  readonly definition: string;
  readonly source: string;
  readonly state: 'DRAFT' | 'LIVE' | 'RETIRED';
  readonly created_at: Date;
  readonly published_at: Date | null;
}

const COLUMNS = 'id, name, number, kind, definition, source, state, created_at, published_at';
const LIVE = statement('flows-live', `SELECT ${COLUMNS} FROM flow_versions WHERE state = 'LIVE' ORDER BY name`);
const RETIRED_SCHEDULES = statement(
  'flows-retired-schedules',
  `SELECT ${COLUMNS} FROM flow_versions WHERE state = 'RETIRED' AND name IN (SELECT name FROM flow_versions WHERE state = 'LIVE' AND kind = 'schedule')`,
);
const FIND = statement('flows-find', `SELECT ${COLUMNS} FROM flow_versions WHERE id = $1`);
const OF_NAME = statement(
  'flows-of-name',
  `SELECT ${COLUMNS} FROM flow_versions WHERE ($1::text IS NULL OR name = $1) ORDER BY name, number DESC`,
);
const IN_USE = statement(
  'flows-in-use',
  `SELECT v.id, v.number, (CASE v.kind
     WHEN 'process' THEN (SELECT count(*) FROM instances WHERE flow_version_id = v.id AND status IN ('RUNNING', 'STOPPED'))
     WHEN 'schedule' THEN (SELECT count(*) FROM loans WHERE reminder_version_id = v.id AND state = 'ACTIVE') END)::int AS running
   FROM flow_versions v WHERE ($1::text IS NULL OR name = $1) ORDER BY name, number DESC`,
);
const INSERT = statement(
  'flows-insert',
  `INSERT INTO flow_versions (id, name, number, kind, format_version, definition, source, state, created_at)
   SELECT $1, $2, coalesce((SELECT max(number) FROM flow_versions WHERE name = $2), 0) + 1, $3, $4, $5, $6, 'DRAFT', $7
   ON CONFLICT (id) DO NOTHING RETURNING number`,
);
const RETIRE = statement(
  'flows-retire',
  `UPDATE flow_versions SET state = 'RETIRED' WHERE name = $1 AND state = 'LIVE'`,
);
const PUBLISH = statement(
  'flows-publish',
  `UPDATE flow_versions SET state = 'LIVE', published_at = $2, published_by = $3 WHERE id = $1 RETURNING number`,
);

/** The version of each flow that new cases start with. */
export async function liveFlows(tx: Tx): Promise<readonly FlowVersionRow[]> {
  return tx.query<FlowVersionRow>(LIVE);
}

/** The versions of schedules that new cases no longer start with; running ones may still keep theirs. */
export async function retiredSchedules(tx: Tx): Promise<readonly FlowVersionRow[]> {
  return tx.query<FlowVersionRow>(RETIRED_SCHEDULES);
}

/** One version by its hash. */
export async function findFlowVersion(tx: Tx, id: string): Promise<FlowVersionRow | undefined> {
  return (await tx.query<FlowVersionRow>(FIND, [id]))[0];
}

/** All versions of a flow, or of all flows (`null`), the newest first. */
export async function flowVersions(tx: Tx, name: string | null): Promise<readonly FlowVersionRow[]> {
  return tx.query<FlowVersionRow>(OF_NAME, [name]);
}

/** A version and how many running cases have it. */
export interface VersionInUse {
  readonly id: string;
  readonly number: number;
  /** Cases of a process, loans of a schedule; `null` for a conversation, whose state nothing counts. */
  readonly running: number | null;
}

/** The versions of one flow, or of all, with the cases that run by them; the newest first. */
export async function versionsInUse(tx: Tx, name: string | null): Promise<readonly VersionInUse[]> {
  return tx.query<VersionInUse>(IN_USE, [name]);
}

/** Stores a checked flow as a draft; a version that is there already stays as it is. */
export async function storeDraft(tx: Tx, flow: LoadedFlow, source: string, now: Date): Promise<void> {
  await tx.query(INSERT, [
    flow.version,
    flow.name,
    flow.kind,
    flow.normalised.definition.formatVersion,
    flow.canonical,
    source,
    now,
  ]);
}

/** Makes a version the one that new cases start with; running ones keep theirs. */
export async function publishVersion(
  tx: Tx,
  row: { readonly id: string; readonly name: string },
  by: string,
  now: Date,
): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, $2))', [row.name, LOCKS.flowPublishing]);
  await tx.query(RETIRE, [row.name]);
  await tx.query(PUBLISH, [row.id, now, by]);
}
