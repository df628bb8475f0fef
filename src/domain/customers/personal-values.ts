/** Personal values by reference, for forms that are being filled. */
import { statement } from '../../db/database.ts';
import type { Keyring } from '../../db/keyring.ts';
import type { PersonalValues } from '../../core/runtime/personal-slots.ts';
import type { PiiKind } from './customer-store.ts';

const KINDS = ['NAME', 'PHONE', 'ID_CARD', 'BANK_CARD'] as const satisfies readonly PiiKind[];

const ON_FILE = statement(
  'customers-pii-on-file',
  'SELECT id, customer_id, exact_blind FROM pii_refs WHERE customer_id = ANY ($1::uuid[]) AND exact_blind = ANY ($2::bytea[]) AND is_current ORDER BY id',
);
const BEHIND = statement('customers-pii-behind', 'SELECT id, sealed_value FROM pii_refs WHERE id = ANY ($1::uuid[])');

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
        const value = await keys.openAny(tx, `pii_refs.sealed_value.${id}`, sealed);
        if (value) values.set(id, value.toString('utf8'));
      }
      return values;
    },
  };
}
