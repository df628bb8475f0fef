/** Reading incidents, each with what to do about it, and closing them. */
import { z } from 'zod';
import type { Access } from '../../core/operations/actor.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError } from '../../lib/errors.ts';
import { withTexts } from '../../lib/text-params.ts';
import { wholeNumber } from '../../lib/whole-number.ts';
import { incidentErrors } from './incident-errors.ts';
import {
  countOpen,
  findIncidents,
  resolveIncident,
  resolveIncidentsAbout,
  type IncidentRow,
} from './incident-store.ts';

const READERS: Access = { manager: 'all', compliance: 'all', admin: 'all' };

const incident = z.object({
  id: z.string(),
  kind: z.string(),
  /** What happened and what to do, in the caller’s language. */
  words: z.string(),
  subjectKind: z.string().nullable(),
  subjectId: z.string().nullable(),
  detail: z.record(z.string(), z.unknown()),
  openedAt: z.string(),
  resolvedAt: z.string().nullable(),
});

export const listIncidents = defineOperation({
  name: 'incident.list',
  summary: 'Lists what somebody has to look at, the newest first, each with what to do',
  access: READERS,
  input: z.strictObject({
    state: z.enum(['open', 'all']).default('open'),
    cursor: z.uuid('fault.cursor').optional(),
    limit: wholeNumber(1, 200).default(50),
  }),
  output: z.object({ items: z.array(incident), open: z.int(), nextCursor: z.string().nullable() }),
  http: { method: 'GET', path: '/incidents' },
  readOnly: true,
  async run(ctx, input) {
    const rows = await findIncidents(ctx.tx, {
      isOpen: input.state === 'open',
      after: input.cursor,
      limit: input.limit + 1,
    });
    const items = rows.slice(0, input.limit).map((row) => viewOf(ctx, row));
    const nextCursor = rows.length > input.limit ? (items.at(-1)?.id ?? null) : null;
    return { items, open: await countOpen(ctx.tx), nextCursor };
  },
});

export const resolve = defineOperation({
  name: 'incident.resolve',
  summary: 'Closes an incident that has been seen to; closing it again changes nothing',
  access: { manager: 'all', admin: 'all' },
  input: z.strictObject({ id: z.uuid() }),
  output: z.object({ id: z.string(), resolvedAt: z.string() }),
  http: { method: 'POST', path: '/incidents/{id}/resolve', status: 200 },
  subject: ({ id }) => ({ kind: 'incident', id }),
  async run(ctx, { id }) {
    const staffId = ctx.actor.kind === 'STAFF' ? ctx.actor.id : null;
    const resolvedAt = await resolveIncident(ctx.tx, id, { staffId, now: ctx.now });
    if (!resolvedAt) throw new AppError(incidentErrors['incident.not_found']);
    return { id, resolvedAt: resolvedAt.toISOString() };
  },
});

export const resolveAbout = defineOperation({
  name: 'incident.resolveAbout',
  summary: 'Closes every open incident of these kinds about a subject, because the matter is settled',
  access: { system: 'all' },
  input: z.strictObject({
    kinds: z.array(z.string().max(60)).min(1),
    subject: z.strictObject({ kind: z.string(), id: z.uuid() }),
  }),
  output: z.object({ resolved: z.int() }),
  subject: (input) => input.subject,
  async run(ctx, input) {
    return { resolved: await resolveIncidentsAbout(ctx.tx, input.kinds, input.subject.id, ctx.now) };
  },
});

function viewOf(ctx: Ctx, row: IncidentRow): z.output<typeof incident> {
  const known = ctx.services.texts.has('zh-CN', `incident.${row.kind}`);
  const { code, node, title, account, cure } = withTexts(row.detail, (text) => ctx.t(text));
  return {
    id: row.id,
    kind: row.kind,
    words: ctx.t(`incident.${known ? row.kind : 'other'}`, {
      code: wordOf(code),
      node: wordOf(title ?? node),
      account: wordOf(account),
      cure: wordOf(cure),
    }),
    subjectKind: row.subject_kind,
    subjectId: row.subject_id,
    detail: row.detail,
    openedAt: row.opened_at.toISOString(),
    resolvedAt: row.resolved_at?.toISOString() ?? null,
  };
}

function wordOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '?';
}
