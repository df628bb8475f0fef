/** Verbs for flows: check files, list and show versions, publish one. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../config/env.ts';
import { catalogueOf, checkFlowFiles, readFlowFiles, type FlowFile } from '../core/runtime/flow-seed.ts';
import type { Finding } from '../core/flow/index.ts';
import { flowErrors } from '../core/runtime/flow-operations.ts';
import { flowVersions, storeDraft } from '../core/runtime/flow-store.ts';
import { readTimes } from '../core/unit/unit.ts';
import { toJson } from '../api/router.ts';
import { AppError, errorText } from '../lib/errors.ts';
import { perform, show, withBase } from './admin.ts';
import type { Cli } from './index.ts';
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
      cli.out(base.services.texts.translate('zh-CN', 'cli.flows.in_order', { count: flows.length }));
    return findings.length === 0 ? 0 : 1;
  });
}

export async function listFlows(cli: Cli): Promise<number> {
  return withBase(cli, async (base) => {
    const rows = await flowVersions(base.database, null);
    const items = rows.map((row) => ({
      name: row.name,
      number: row.number,
      state: row.state,
      version: row.id,
      publishedAt: row.published_at,
    }));
    cli.out(
      cli.json
        ? toJson({ items })
        : items
            .map((item) => `${item.state.padEnd(8)} ${item.name} v${item.number} ${item.version.slice(0, 12)}`)
            .join('\n'),
    );
    return 0;
  });
}

export async function showFlow(cli: Cli, name: string): Promise<number> {
  return withBase(cli, async (base) => {
    const rows = await flowVersions(base.database, name);
    const row = rows.find((one) => one.state === 'LIVE') ?? rows[0];
    if (!row) {
      process.stderr.write(`✗ ${base.services.texts.translate('zh-CN', 'cli.flows.unknown', { name })}\n`);
      return 2;
    }
    cli.out(
      cli.json
        ? toJson({ name: row.name, number: row.number, state: row.state, version: row.id, source: row.source })
        : row.source,
    );
    return 0;
  });
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
    const wanted = stored ?? (number === undefined ? undefined : Number(number));
    const published = (await perform(base, 'flow.publish', {
      name,
      ...(wanted === undefined ? {} : { number: wanted }),
    })) as { readonly number: number; readonly before: number | null };
    const { texts } = base.services;
    const { before } = published;
    const key = before === null || before === published.number ? 'published' : 'replaced';
    show(cli, published, texts.translate('zh-CN', `cli.flows.${key}`, { name, number: published.number, before }));
    return 0;
  });
}

/** Stores a file's flow as a version; its number, or `broken` when the file is not that flow, or none. */
async function storeFile(
  cli: Cli,
  base: Base,
  { name, file }: { readonly name: string; readonly file: string },
): Promise<number | 'broken'> {
  const all = readFlowFiles(path.join(packageRoot, 'flows'));
  const { flows, findings } = check(base, [{ file, text: readText(file) }], all);
  const [flow] = flows;
  const isOther = flow !== undefined && flow.name !== name;
  if (!flow || isOther) {
    const message = base.services.texts.translate('zh-CN', 'cli.flows.other_name', { name, other: flow?.name ?? '' });
    if (cli.json) cli.out(toJson({ ok: false, findings, ...(isOther ? { message } : {}) }));
    else printFindings(cli, findings);
    if (isOther && !cli.json) process.stderr.write(`✗ ${message}\n`);
    return 'broken';
  }
  return base.database.transaction(async (tx) => {
    await storeDraft(tx, flow, flow.source, (await readTimes(tx)).now);
    const row = (await flowVersions(tx, name)).find((one) => one.id === flow.version);
    if (!row) throw new Error(`flow version ${flow.version} was not stored`);
    return row.number;
  });
}

/** @throws AppError `flow.unreadable_file` */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new AppError(flowErrors['flow.unreadable_file'], { params: { file, reason: errorText(error) } });
  }
}

function printFindings(cli: Cli, findings: readonly Finding[]): void {
  for (const finding of findings)
    cli.out(`${finding.file}:${finding.line}:${finding.column} ${finding.message} ${finding.cure}`);
}

function check(base: Base, files: readonly FlowFile[], all: readonly FlowFile[]): ReturnType<typeof checkFlowFiles> {
  return checkFlowFiles(files, catalogueOf(base.registry, base.services.texts, [...all, ...files]));
}
