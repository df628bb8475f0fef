/** Somebody asks for a person: who is called depends on who asks. */
import { SYSTEM_ACTOR, type Actor } from '../operations/actor.ts';
import { callOperation } from '../operations/call.ts';
import type { Turn } from '../unit/unit.ts';

/** What a customer writes while a person has the word reaches his adviser, or whoever stands in for one: the bot is silent, and nobody else reads it. */
export async function passOn(turn: Turn, actor: Actor, conversationId: string, words: string): Promise<void> {
  if (actor.kind === 'STAFF' || words === '') return;
  const call = { ...turn.call, actor: SYSTEM_ACTOR };
  if (actor.kind === 'CUSTOMER') await callOperation(call, 'customer.passOn', { customerId: actor.id, words });
  else await callOperation(call, 'task.passOnFromChat', { conversationId, words });
}

/** Puts it on somebody's list: a customer's owner's, a colleague's team lead's, and for a stranger the leads' and his inviter's. */
export async function callForPerson(turn: Turn, actor: Actor, conversationId: string): Promise<void> {
  if (actor.kind === 'STAFF') {
    await turn.run('task.askForHelp', {}); // flows of before had no words of their own for colleagues
    return;
  }
  turn.effects.incident({ kind: 'conversation.handed_over', subject: { kind: 'conversation', id: conversationId } });
  const key = `handover:${conversationId}:${turn.call.now.toISOString()}`;
  const call = { ...turn.call, actor: SYSTEM_ACTOR };
  if (actor.kind === 'CUSTOMER')
    await callOperation(call, 'task.addForOwner', { customerId: actor.id, key, kind: 'handed_over' });
  else await callOperation(call, 'task.addForChat', { conversationId, key, kind: 'handed_over' });
}
