/** Personal values by reference, for forms that are being filled; and the names that what is written about a customer hides. */
import { statement, type Tx } from '../../db/database.ts';
import type { Keyring } from '../../db/keyring.ts';
import type { Ctx } from '../../core/operations/context.ts';
import { namesIn } from '../../core/conversation/index.ts';
import type { PersonalValues } from '../../core/runtime/personal-slots.ts';
import { maskTextAndNames } from '../../lib/mask.ts';
import { bareName } from './customer.ts';
import type { PiiKind } from './customer-store.ts';

const KINDS = ['NAME', 'PHONE', 'ID_CARD', 'BANK_CARD'] as const satisfies readonly PiiKind[];

const ON_FILE = statement(
  'customers-pii-on-file',
  'SELECT id, customer_id, exact_blind FROM pii_refs WHERE customer_id = ANY ($1::uuid[]) AND exact_blind = ANY ($2::bytea[]) AND is_current ORDER BY id',
);
const BEHIND = statement('customers-pii-behind', 'SELECT id, sealed_value FROM pii_refs WHERE id = ANY ($1::uuid[])');

const NAMES = statement(
  'customers-names',
  `SELECT id, customer_id, sealed_value FROM pii_refs WHERE customer_id = ANY ($1::uuid[]) AND kind = 'NAME' ORDER BY created_at, id`,
);

/** Every name each of these customers has or had, in full and without its polite form; none of an erased customer, or that is damaged. */
export async function namesOfCustomers(
  tx: Tx,
  keys: Keyring,
  customers: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = new Map<string, string[]>();
  const rows = await tx.query<{ id: string; customer_id: string; sealed_value: Buffer }>(NAMES, [customers]);
  for (const { id, customer_id: customer, sealed_value: sealed } of rows) {
    const name = (await keys.openAnyOfMany(tx, `pii_refs.sealed_value.${id}`, sealed))?.toString('utf8');
    if (name === undefined) continue;
    const own = [name, bareName(name)].filter((one) => one.length > 1); // one character stands in too many other words
    names.set(customer, [...(names.get(customer) ?? []), ...own]);
  }
  return names;
}

/**
 * What somebody wrote about a customer, as far as others may be shown it: without numbers, without the customer's name, and
 * without the names of other people in it (何女士, 老公张建国), as far as they can be told from other words.
 */
export async function hidingNames(ctx: Ctx, customer: string, words: string): Promise<string> {
  const names = await namesOfCustomers(ctx.tx, ctx.keys, [customer]);
  return maskTextAndNames(words, [...(names.get(customer) ?? []), ...namesIn(words)]);
}

/** @see PersonalValues */
export function personalValues(keys: Keyring): PersonalValues {
  return {
    onFile: async (tx, customers, values) => {
      const byDigest = new Map(
        values.flatMap((value) => KINDS.map((kind) => [keys.blind(kind, value).toString('hex'), value] as const)),
      );
      const rows = await tx.query<{ id: string; customer_id: string; exact_blind: Buffer }>(ON_FILE, [
        customers,
        [...byDigest.keys()].map((digest) => Buffer.from(digest, 'hex')),
      ]);
      return rows.map((row) => ({
        customer: row.customer_id,
        value: byDigest.get(row.exact_blind.toString('hex')) ?? '',
        reference: row.id,
      }));
    },
    behind: async (tx, references) => {
      const rows = await tx.query<{ id: string; sealed_value: Buffer }>(BEHIND, [references]);
      const values = new Map<string, string>();
      for (const { id, sealed_value: sealed } of rows) {
        const value = await keys.openAnyOfMany(tx, `pii_refs.sealed_value.${id}`, sealed);
        if (value) values.set(id, value.toString('utf8'));
      }
      return values;
    },
  };
}
