/** Verbs for flows: check files, list and show versions, publish one, move running cases to one. */
import path from 'node:path';
import { packageRoot } from '../config/env.ts';
import { catalogueOf, checkFlowFiles, readFlowFiles, type FlowFile } from '../core/runtime/flow-seed.ts';
import { readPublished, type Finding } from '../core/flow/index.ts';
import { flowVersions, storeDraft, versionsInUse } from '../core/runtime/flow-store.ts';
import { readTimes } from '../core/unit/unit.ts';
import { toJson } from '../api/router.ts';
import { perform, show, withBase } from './admin.ts';
import { CommandError } from './failure.ts';
import type { Cli } from './index.ts';
import { readText } from './text-file.ts';
import type { Base } from '../base.ts';

/** Checks the given files, or all; every finding with file, line, column and cure. */
export async function checkFlows(cli: Cli, given: readonly string[]): Promise<number> {
  return withBase(cli, async (base) => {
    const all = readFlowFiles(path.join(packageRoot, 'flows'));
    const files = given.length === 0 ? all : given.map((file) => ({ file, text: readText(file) }));
    const { flows, findings } = check(base, files, all);
    if (cli.json)
      cli.out(
        toJson({
          ok: findings.length === 0,
          flows: flows.map((flow) => ({ name: flow.name, version: flow.version })),
          findings,
        }),
      );
    else printFindings(cli, findings);
    if (!cli.json && findings.length === 0)
      cli.out(base.services.texts.translate(base.env.language, 'cli.flows.in_order', { count: flows.length }));
    return findings.length === 0 ? 0 : 1;
  });
}

/** `daiban flows list`: every version with its state, and how many running cases have it. */
export async function listFlows(cli: Cli): Promise<number> {
  return withBase(cli, async (base) => {
    const rows = await flowVersions(base.database, null);
    const running = await runningCases(base, null);
    const items = rows.map((row) => ({
      name: row.name,
      number: row.number,
      state: row.state,
      version: row.id,
      publishedAt: row.published_at,
      running: running.get(row.id) ?? null,
    }));
    const inUse = (count: number | null): string =>
      count === null ? '' : ` ${base.services.texts.translate(base.env.language, 'cli.flows.running', { count })}`;
    const lines = items.map(
      (item) =>
        `${item.state.padEnd(8)} ${item.name} v${item.number} ${item.version.slice(0, 12)}${inUse(item.running)}`,
    );
    show(cli, { items }, lines.join('\n'));
    return 0;
  });
}

/** `daiban flows show`: the live version of a flow, else its newest, as the YAML it was made from. */
export async function showFlow(cli: Cli, name: string): Promise<number> {
  return withBase(cli, async (base) => {
    const rows = await flowVersions(base.database, name);
    const row = rows.find((one) => one.state === 'LIVE') ?? rows[0];
    if (!row)
      throw new CommandError({
        code: 'flows.unknown',
        message: base.services.texts.translate(base.env.language, 'cli.flows.unknown', { name }),
      });
    const { number, state, id: version, source } = row;
    // What it says is what was published, whatever the files of texts say today.
    const { texts } = readPublished(row.definition, version);
    const running = (await runningCases(base, name)).get(version) ?? null;
    show(cli, { name, number, state, version, running, source, texts }, source);
    return 0;
  });
}

/** Running cases by version. */
async function runningCases(base: Base, name: string | null): Promise<ReadonlyMap<string, number | null>> {
  return new Map((await versionsInUse(base.database, name)).map(({ id, running }) => [id, running]));
}

/**
 * Publishes the newest draft of a flow, the version of exactly this file, or an earlier version by its number. A broken file
 * changes nothing.
 */
export async function publishFlow(
  cli: Cli,
  name: string,
  { file, number }: { readonly file: string | undefined; readonly number: string | undefined },
): Promise<number> {
  return withBase(cli, async (base) => {
    const stored = file === undefined ? undefined : await storeFile(cli, base, { name, file });
    if (stored === 'broken') return 1;
    const wanted = stored ?? number;
    const published = (await perform(base, 'flow.publish', {
      name,
      ...(wanted === undefined ? {} : { number: wanted }),
    })) as { readonly number: number; readonly before: number | null };
    const { texts } = base.services;
    const { before } = published;
    const key = before === null || before === published.number ? 'published' : 'replaced';
    show(
      cli,
      published,
      texts.translate(base.env.language, `cli.flows.${key}`, { name, number: published.number, before }),
    );
    return 0;
  });
}

interface Preview {
  readonly to: number;
  readonly loans: number;
  readonly from: readonly { readonly number: number; readonly loans: number }[];
  readonly rescheduled: number;
  readonly lapsed: number;
}
interface Batch {
  readonly moved: number;
  readonly rescheduled: number;
  readonly lapsed: number;
  readonly more: boolean;
}

/**
 * Says what moving the running cases to another version would do, and does it when that is confirmed: batch by batch, each
 * a transaction, so that one which is interrupted is simply run again.
 */
export async function migrateFlow(
  cli: Cli,
  name: string,
  { to, isConfirmed }: { readonly to: string | undefined; readonly isConfirmed: boolean },
): Promise<number> {
  return withBase(cli, async (base) => {
    const target = { name, ...(to === undefined ? {} : { to }) };
    const preview = (await perform(base, 'flow.previewMigration', target)) as Preview;
    const say = (key: string, params: object): string =>
      base.services.texts.translate(base.env.language, `cli.flows.${key}`, { name, to: preview.to, ...params });
    const from = preview.from.map(({ number, loans }) => `v${number} × ${loans}`).join(', ');
    const lines = [say('migration', { ...preview, from })];
    if (!isConfirmed) {
      if (preview.loans > 0) lines.push(say('confirm', {}));
      show(cli, { ...preview, done: false }, lines.join('\n'));
      return 0;
    }
    if (!cli.json) cli.out(lines.join('\n'));
    const done = { moved: 0, rescheduled: 0, lapsed: 0 };
    // Not beyond what was foreseen: side by side with somebody who moves them back it would never end.
    for (let more = preview.loans > 0; more && done.moved < preview.loans;) {
      const batch = (await perform(base, 'flow.migrate', { name, to: preview.to })) as Batch;
      done.moved += batch.moved;
      done.rescheduled += batch.rescheduled;
      done.lapsed += batch.lapsed;
      more = batch.more;
    }
    show(cli, { ...preview, ...done, done: true }, say('migrated', done));
    return 0;
  });
}

/** Stores a file's flow as a version; its number, or `broken` when the file holds none. @throws CommandError when it holds another */
async function storeFile(
  cli: Cli,
  base: Base,
  { name, file }: { readonly name: string; readonly file: string },
): Promise<number | 'broken'> {
  const all = readFlowFiles(path.join(packageRoot, 'flows'));
  const { flows, findings } = check(base, [{ file, text: readText(file) }], all);
  const [flow] = flows;
  if (!flow) {
    if (cli.json) cli.out(toJson({ ok: false, findings }));
    else printFindings(cli, findings);
    return 'broken';
  }
  if (flow.name !== name)
    throw new CommandError({
      code: 'flows.other_name',
      message: base.services.texts.translate(base.env.language, 'cli.flows.other_name', { name, other: flow.name }),
    });
  return base.database.transaction(async (tx) => {
    await storeDraft(tx, flow, flow.source, (await readTimes(tx)).now);
    const row = (await flowVersions(tx, name)).find((one) => one.id === flow.version);
    if (!row) throw new Error(`flow version ${flow.version} was not stored`);
    return row.number;
  });
}

function printFindings(cli: Cli, findings: readonly Finding[]): void {
  for (const finding of findings)
    cli.out(`${finding.file}:${finding.line}:${finding.column} ${finding.message} ${finding.cure}`);
}

function check(base: Base, files: readonly FlowFile[], all: readonly FlowFile[]): ReturnType<typeof checkFlowFiles> {
  return checkFlowFiles(files, catalogueOf(base.registry, base.services.texts, [...all, ...files], base.env.language));
}
