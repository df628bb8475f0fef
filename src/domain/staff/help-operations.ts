/** What a member of staff can do from chat: one topic for each thing his roles allow, so that nobody is told of more. */
import { z } from 'zod';
import { ANY_STAFF, scopeOf, type Access } from '../../core/operations/actor.ts';
import { defineOperation, type Operation } from '../../core/operations/operation.ts';

/** Topics in the order they are told (words: `flows.staff-lookup.help-line`), each with the operation it stands for. */
const TOPICS: readonly (readonly [topic: string, operation: string])[] = [
  ['leads', 'lead.capture'],
  ['approvals', 'approval.get'],
  ['tasks', 'task.list'],
  ['find', 'customer.find'],
  ['repayment', 'repayment.list'],
  ['submit', 'lead.submit'],
  ['upload', 'document.offerUpload'],
  ['invite', 'customer.createBindingLink'],
  ['reassign', 'lead.reassign'],
  ['handback', 'conversation.giveBack'],
  ['trial', 'loan.trial'],
  ['language', 'staff.setLanguage'],
  ['form', 'lead.update'],
];

/** `accessTo` gives who may call an operation; `undefined` for one that this installation does not have. */
export function helpTopics(accessTo: (operation: string) => Access | undefined): Operation {
  return defineOperation({
    name: 'staff.help',
    summary: 'Lists what the caller may do from chat, by his roles',
    access: ANY_STAFF,
    input: z.strictObject({}),
    output: z.object({ items: z.array(z.object({ topic: z.string() })) }),
    readOnly: true,
    run: ({ actor }) => {
      const mine = TOPICS.filter(([, operation]) => scopeOf(actor, accessTo(operation) ?? {}) !== undefined);
      return Promise.resolve({ items: mine.map(([topic]) => ({ topic })) });
    },
  });
}
