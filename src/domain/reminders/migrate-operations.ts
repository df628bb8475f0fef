/**
 * Moving running cases to another version of a flow: seen beforehand, then done batch by batch (design §3.13). Only loans can
 * be moved, between versions of their reminder schedule: their state is which stages were sent, and that holds in any version.
 * A conversation or a process stands at a step that another version may not have; it keeps its own until it ends.
 */
import { z } from 'zod';
import { flowErrors } from '../../core/runtime/flow-operations.ts';
import { flowVersions, versionsInUse, type FlowVersionRow, type VersionInUse } from '../../core/runtime/flow-store.ts';
import { defineOperation, type Operation } from '../../core/operations/operation.ts';
import type { Tx } from '../../db/database.ts';
import { AppError } from '../../lib/errors.ts';
import { wholeNumber } from '../../lib/whole-number.ts';
import { firstInUse, loansOfVersions, takeLoans } from './migrate-store.ts';
import type { ReminderSchedules } from './reminder-schedule.ts';
import { foreseePlan, planLoans } from './reminder-store.ts';

/** Loans of one transaction: a reminder that falls due meanwhile waits no longer than that. */
const BATCH = 1_000;
const PAGE = 5_000;
const LOWEST_ID = '00000000-0000-0000-0000-000000000000';

const input = z.strictObject({
  name: z.string().min(1).max(80),
  /** The version to move to; the live one unless said. */
  to: wholeNumber(1).optional(),
});

/** `flow.previewMigration` and `flow.migrate`. */
export function migrationOperations(schedules: ReminderSchedules): readonly Operation[] {
  return [previewOperation(schedules), migrateOperation(schedules)];
}

function previewOperation(schedules: ReminderSchedules): Operation {
  return defineOperation({
    name: 'flow.previewMigration',
    summary:
      'What moving all running loans to the live version of a schedule, or to the one named here, would do; writes nothing',
    access: { admin: 'all' },
    input,
    output: z.object({
      name: z.string(),
      to: z.int(),
      /** Loans that would move. */
      loans: z.int(),
      from: z.array(z.object({ number: z.int(), loans: z.int() })),
      /** Loans whose next reminder would be another one, or at another time. */
      rescheduled: z.int(),
      /** Stages that would lie in the past: recorded as lapsed, never sent late. */
      lapsed: z.int(),
    }),
    http: { method: 'GET', path: '/flows/{name}/migration' },
    readOnly: true,
    async run(ctx, { name, to }) {
      const { target } = await versionsOf(ctx.tx, name, to);
      const schedule = await schedules.version(ctx.tx, target.id);
      const others = await othersInUse(ctx.tx, target);
      const versions = others.map(({ id }) => id);
      const sum = { loans: 0, rescheduled: 0, lapsed: 0 };
      for (let after: string | undefined = LOWEST_ID; after !== undefined && others.length > 0;) {
        const loans: readonly string[] = await loansOfVersions(ctx.tx, versions, { after, limit: PAGE });
        const plan = await foreseePlan(ctx.tx, loans, schedule, ctx.now);
        sum.loans += plan.loans;
        sum.rescheduled += plan.rescheduled;
        sum.lapsed += plan.lapsed;
        after = loans.length < PAGE ? undefined : loans.at(-1);
      }
      return {
        name,
        to: target.number,
        from: others.map(({ number, running }) => ({ number, loans: running })),
        ...sum,
      };
    },
  });
}

function migrateOperation(schedules: ReminderSchedules): Operation {
  return defineOperation({
    name: 'flow.migrate',
    summary: `Moves up to ${BATCH} running loans to the live version of a schedule, or to the one named here; call it again while there are more`,
    access: { admin: 'all' },
    input,
    output: z.object({
      name: z.string(),
      to: z.int(),
      /** The version these loans had; `null` when none was left to move. */
      from: z.int().nullable(),
      moved: z.int(),
      rescheduled: z.int(),
      lapsed: z.int(),
      /** sha256 of the moved loans' ids, one a line, in order; on the audit log, too. */
      digest: z.string().nullable(),
      more: z.boolean(),
    }),
    http: { method: 'POST', path: '/flows/{name}/migrate', status: 200 },
    keepsNames: true,
    example: { to: 2 },
    subject: ({ name }) => ({ kind: 'flow', id: name }),
    evidence: ({ name: _name, more: _more, ...batch }) => batch,
    async run(ctx, { name, to }) {
      const { target, others } = await versionsOf(ctx.tx, name, to);
      const ids = others.map(({ id }) => id);
      const left = await firstInUse(ctx.tx, ids);
      const from = others.find(({ id }) => id === left);
      const done = { name, to: target.number, from: null, moved: 0, rescheduled: 0, lapsed: 0, digest: null };
      if (!from) return { ...done, more: false };
      const loans = await takeLoans(ctx.tx, from.id, BATCH);
      const schedule = await schedules.version(ctx.tx, target.id);
      const { loans: moved, ...plan } = await planLoans(ctx.tx, loans, schedule, ctx.now);
      const more = (await firstInUse(ctx.tx, ids)) !== undefined;
      return { ...done, ...plan, from: from.number, moved, more };
    },
  });
}

/** The version to move to, and all others. @throws AppError flow.not_found, flow.keeps_version, flow.not_published */
async function versionsOf(
  tx: Tx,
  name: string,
  number: number | undefined,
): Promise<{ readonly target: FlowVersionRow; readonly others: readonly FlowVersionRow[] }> {
  const rows = await flowVersions(tx, name);
  const one = rows.find((row) => row.state === 'LIVE') ?? rows[0];
  if (!one) throw new AppError(flowErrors['flow.not_found'], { params: { name } });
  if (one.kind !== 'schedule') throw new AppError(flowErrors['flow.keeps_version'], { params: { name } });
  const wanted = rows.find((row) =>
    number === undefined ? row.state === 'LIVE' : row.number === number && row.state !== 'DRAFT',
  );
  if (!wanted) throw new AppError(flowErrors['flow.not_published'], { params: { name, number: number ?? '' } });
  return { target: wanted, others: rows.filter((row) => row !== wanted) };
}

/** The other versions of the same flow that running loans have. */
async function othersInUse(
  tx: Tx,
  target: FlowVersionRow,
): Promise<readonly (VersionInUse & { readonly running: number })[]> {
  return (await versionsInUse(tx, target.name)).flatMap(({ id, number, running }) =>
    id === target.id || running === null || running === 0 ? [] : [{ id, number, running }],
  );
}
