/** Where a customer's clock hangs: what is sent to him of our own accord is sent at hours that are allowed there. */
import { z } from 'zod';
import type { Ctx } from '../../core/operations/context.ts';
import { defineOperation } from '../../core/operations/operation.ts';
import { AppError } from '../../lib/errors.ts';
import { customerErrors } from './customer-errors.ts';
import { customerInScope } from './customer-operations.ts';
import { lockCustomer, setZone, zoneNamed } from './customer-store.ts';

export const setCustomerZone = defineOperation({
  name: 'customer.setZone',
  summary: 'Sets the time zone (IANA) in which a customer lives; his reminders and the hours of contact follow at once',
  access: { sales: 'own', team_lead: 'team', manager: 'all', admin: 'all' },
  input: z.strictObject({ id: z.string().min(1).max(64), zone: z.string().trim().min(1).max(64) }),
  output: z.object({ id: z.string(), from: z.string(), zone: z.string() }),
  http: { method: 'PUT', path: '/customers/{id}/zone' },
  example: { zone: 'Asia/Shanghai' },
  subject: (input, output) => ({ kind: 'customer', id: output?.id ?? input.id }),
  evidence: ({ from, zone }) => ({ from, to: zone }),
  async run(ctx, input) {
    const { id } = await customerInScope(ctx, input.id);
    const zone = await knownZone(ctx, input.zone);
    const from = (await lockCustomer(ctx.tx, id))?.zone ?? zone;
    if (zone === from) return { id, from, zone };
    await setZone(ctx.tx, id, zone, ctx.now);
    await ctx.callAsSystem('reminder.followZone', { customerId: id, from, to: zone });
    return { id, from, zone };
  },
});

/** The zone in one spelling; the database plans by it and this process checks hours by it, so both have to know it. */
async function knownZone(ctx: Ctx, wanted: string): Promise<string> {
  const zone = await zoneNamed(ctx.tx, wanted);
  if (zone !== undefined && isKnownHere(zone)) return zone;
  throw new AppError(customerErrors['customer.unknown_zone'], {
    faults: [{ pointer: '/zone', code: 'unknown_zone', message: 'fault.zone' }],
  });
}

function isKnownHere(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
