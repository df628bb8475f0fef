/**
 * From stored events to turns. Turns of a batch share one transaction; identities and timeline items are read and written for
 * the whole batch at once.
 */
import { dateIn } from '../../lib/business-date.ts';
import type { Unit } from '../unit/unit.ts';
import type { IncomingItem } from './incoming.ts';
import { PersonalSlots } from './personal-slots.ts';
import type { RuntimeDeps } from './runtime-deps.ts';
import { noteReached, sendersOf } from './senders.ts';
import { Talk } from './talk.ts';
import type { ConversationChange, ConversationWork } from './turns.ts';

/** Makes the handler of the inbox job. */
export function createTurnHandler(
  deps: RuntimeDeps,
): (unit: Unit, works: readonly ConversationWork[]) => Promise<readonly ConversationChange[]> {
  return async (unit, works) => {
    const slots = new PersonalSlots(unit.tx, deps.personal);
    const [identities, memories] = await Promise.all([
      sendersOf(unit, works),
      slots.reveal(works.map(({ conversation }) => conversation.state)),
    ]);
    const items: IncomingItem[] = [];
    const talks: Talk[] = [];
    const today = dateIn(unit.now, deps.companyZone);
    for (const [index, work] of works.entries()) {
      const [identity, memory] = [identities[index], memories[index]];
      if (!identity || !memory) throw new Error('a conversation without an identity');
      await noteReached(unit, work, identity);
      const talk = new Talk(deps, unit, { work, identity, memory, items, today });
      await talk.run();
      talks.push(talk);
    }
    unit.defer(async () => {
      await deps.writeIncoming(unit, items);
      // An edit may follow its message within one batch.
      for (const { change, standIn } of talks.flatMap((talk) => talk.changes)) {
        if ((await deps.writeChange(unit, change)) || !standIn) continue;
        await deps.writeIncoming(unit, [standIn()]);
        await deps.writeChange(unit, change);
      }
    });
    const states = await slots.conceal(deps.flows.table, talks);
    return talks.map(({ memory }, index) => ({ state: states[index], isSilenced: memory.talk.handedOver }));
  };
}
