/** Publishing a changed flow beside the running product. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { catalogueOf, checkFlowFiles, readFlowFiles } from '../../../src/core/runtime/flow-seed.ts';
import { storeDraft } from '../../../src/core/runtime/flow-store.ts';
import { readTimes } from '../../../src/core/unit/unit.ts';
import { ADMIN, type Company } from './company.ts';

const FLOWS = path.resolve(import.meta.dirname, '../../../flows');

/**
 * Publishes the shipped flow with a change, as `daiban flows publish` does, and has the process take it up. Gives its hash.
 * @throws Error with the findings of a flow that is not in order
 */
export async function publishChanged(
  company: Company,
  name: string,
  change: (text: string) => string,
): Promise<string> {
  const { base } = company;
  const text = change(readFileSync(path.join(FLOWS, `${name}.yaml`), 'utf8'));
  const { flows, findings } = checkFlowFiles(
    [{ file: `${name}.yaml`, text }],
    catalogueOf(base.registry, base.services.texts, readFlowFiles(FLOWS), 'zh-CN'),
  );
  const [flow] = flows;
  if (!flow) throw new Error(findings.map(({ message }) => message).join('\n'));
  const number = await base.database.transaction(async (tx) => {
    await storeDraft(tx, flow, text, (await readTimes(tx)).now);
    const rows = await tx.query<{ number: number }>('SELECT number FROM flow_versions WHERE id = $1', [flow.version]);
    return rows[0]?.number;
  });
  await company.call(ADMIN, 'flow.publish', { name, number });
  await base.flows.refresh(base.database);
  return flow.version;
}
