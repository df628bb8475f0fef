/** Verbs for flows: check files, list and show versions, publish one. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../config/env.ts';
import { catalogueOf, checkFlowFiles, readFlowFiles, type FlowFile } from '../core/runtime/flow-seed.ts';
import { flowVersions, publishVersion, storeDraft } from '../core/runtime/flow-store.ts';
import { readTimes } from '../core/unit/unit.ts';
import { toJson } from '../api/router.ts';
import { withBase } from './admin.ts';
import type { Cli } from './index.ts';
import type { Base } from '../base.ts';

/** Checks the given files, or all; every finding with file, line, column and cure. */
export async function checkFlows(cli: Cli, list: string | undefined): Promise<number> {
  return withBase(cli, async (base) => {
    const all = readFlowFiles(path.join(packageRoot, 'flows'));
    const files =
      list === undefined || list === ''
        ? all
        : list.split(',').map((file) => ({ file, text: readFileSync(file, 'utf8') }));
    const { flows, findings } = check(base, files, all);
    if (cli.json)
      cli.out(
        toJson({
          ok: findings.length === 0,
          flows: flows.map((flow) => ({ name: flow.name, version: flow.version })),
          findings,
        }),
      );
    else
      for (const finding of findings)
        cli.out(`${finding.file}:${finding.line}:${finding.column} ${finding.message} ${finding.cure}`);
    if (!cli.json && findings.length === 0) cli.out(`✓ ${flows.length}`);
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

/** Publishes the newest draft of a flow, or a file; a broken file changes nothing. */
export async function publishFlow(cli: Cli, name: string, file: string | undefined): Promise<number> {
  return withBase(cli, async (base) => {
    const { texts } = base.services;
    if (file !== undefined && !(await storeFile(cli, base, file))) return 1;
    const rows = await flowVersions(base.database, name);
    const draft = rows.find((row) => row.state === 'DRAFT');
    if (!draft) {
      process.stderr.write(
        `✗ ${texts.translate('zh-CN', rows.length === 0 ? 'cli.flows.unknown' : 'cli.flows.no_draft', { name })}\n`,
      );
      return 2;
    }
    await base.database.transaction(async (tx) => publishVersion(tx, draft, 'cli', (await readTimes(tx)).now));
    cli.out(cli.json ? toJson({ name, number: draft.number, version: draft.id }) : `✓ ${name} v${draft.number}`);
    return 0;
  });
}

async function storeFile(cli: Cli, base: Base, file: string): Promise<boolean> {
  const all = readFlowFiles(path.join(packageRoot, 'flows'));
  const { flows, findings } = check(base, [{ file, text: readFileSync(file, 'utf8') }], all);
  for (const finding of findings)
    cli.out(`${finding.file}:${finding.line}:${finding.column} ${finding.message} ${finding.cure}`);
  for (const flow of flows)
    await base.database.transaction(async (tx) => storeDraft(tx, flow, flow.source, (await readTimes(tx)).now));
  return findings.length === 0;
}

function check(base: Base, files: readonly FlowFile[], all: readonly FlowFile[]): ReturnType<typeof checkFlowFiles> {
  return checkFlowFiles(files, catalogueOf(base.registry, base.services.texts, [...all, ...files]));
}
