/** Reading a customer's timeline: masked, in order, each item once. */
import { z } from 'zod';
import { defineOperation } from '../../core/operations/operation.ts';
import { wholeNumber } from '../../lib/whole-number.ts';
import { CUSTOMER_ACCESS, customerInScope } from '../customers/index.ts';
import { changesOf, filesOf, listItems, type ChangeRow, type ItemRow } from './timeline-store.ts';

const item = z.object({
  id: z.string(),
  at: z.string(),
  channel: z.string(),
  direction: z.enum(['in', 'out']),
  kind: z.string(),
  actor: z.object({ kind: z.string(), id: z.string() }),
  text: z.string().nullable(),
  media: z.array(z.object({ id: z.string(), mime: z.string(), size: z.number() })),
  edits: z.array(z.object({ at: z.string(), text: z.string().nullable() })),
  deletedAt: z.string().nullable(),
  delivery: z.object({ state: z.string(), at: z.string().nullable(), code: z.string().nullable() }).nullable(),
});

/** By platform of the page: where `false`, an item without edits or `deletedAt` may have been changed all the same. */
const reports = z.record(z.string(), z.object({ edits: z.boolean(), deletions: z.boolean() }));

/** Opaque to callers: `<milliseconds>.<id>` of the last item, each no longer than the column it is held against. */
const cursor = z.string().regex(/^\d{1,14}\.\d{1,18}$/, 'fault.cursor');

export const readTimeline = defineOperation({
  name: 'timeline.read',
  summary: 'Everything that was said and sent on any channel for this customer, in order',
  access: CUSTOMER_ACCESS,
  input: z.strictObject({
    id: z.string().min(1).max(64),
    cursor: cursor.optional(),
    limit: wholeNumber(1, 200).default(100),
  }),
  output: z.object({ items: z.array(item), nextCursor: z.string().nullable(), reports }),
  http: { method: 'GET', path: '/customers/{id}/timeline' },
  readOnly: true,
  async run(ctx, input) {
    const customer = await customerInScope(ctx, input.id);
    const [at = '0', id = '0'] = (input.cursor ?? '0.0').split('.');
    const rows = await listItems(ctx.tx, customer.id, { at: new Date(Number(at)), id: BigInt(id) }, input.limit + 1);
    const shown = rows.slice(0, input.limit);
    const changes = await changesOf(
      ctx.tx,
      shown.map((row) => row.id),
    );
    const files = new Map(
      (
        await filesOf(
          ctx.tx,
          shown.flatMap((row) => row.file_ids),
        )
      ).map((file) => [file.id, file]),
    );
    const last = shown.at(-1);
    return {
      items: shown.map((row) =>
        describe(
          row,
          changes.filter((change) => change.item_id === row.id),
          files,
        ),
      ),
      nextCursor: rows.length > input.limit && last ? `${last.at.getTime()}.${last.id}` : null,
      reports: Object.fromEntries(
        shown.flatMap(({ platform }) => {
          const told = ctx.services.reports[platform];
          return told ? [[platform, told]] : [];
        }),
      ),
    };
  },
});

type Files = ReadonlyMap<string, { readonly id: string; readonly mime: string; readonly size_bytes: bigint }>;

function describe(row: ItemRow, changes: readonly ChangeRow[], files: Files): z.output<typeof item> {
  return {
    id: String(row.id),
    at: row.at.toISOString(),
    channel: row.platform,
    direction: row.direction === 'IN' ? 'in' : 'out',
    kind: row.kind,
    actor: { kind: row.actor_kind.toLowerCase(), id: row.actor_id },
    text: row.text_masked,
    media: row.file_ids.flatMap((id) => {
      const file = files.get(id);
      return file ? [{ id: file.id, mime: file.mime, size: Number(file.size_bytes) }] : [];
    }),
    edits: changes
      .filter((change) => change.kind === 'EDITED')
      .map((change) => ({ at: change.at.toISOString(), text: change.text_masked })),
    deletedAt: changes.find((change) => change.kind === 'DELETED')?.at.toISOString() ?? null,
    delivery:
      row.delivery_state === null
        ? null
        : {
            state: row.delivery_state.toLowerCase(),
            at: row.settled_at?.toISOString() ?? null,
            code: row.delivery_code,
          },
  };
}
