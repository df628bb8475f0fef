/** Of two who press at once, the one who comes second is told who was first. */
import { expect, test } from 'vitest';
import { pressCard, type Press } from '../../../../src/core/runtime/approval-taps.ts';
import { AppError } from '../../../../src/lib/errors.ts';
import { applicationErrors } from '../../../../src/domain/applications/application-errors.ts';

test('the card is read once more after the refusal, which waited for the other', async () => {
  const sent: unknown[] = [];
  let isDecided = false;
  const run = async (name: string): Promise<unknown> => {
    if (name === 'approval.card')
      return {
        approvalId: 'a',
        application: 'A1087',
        state: isDecided ? 'REJECTED' : 'OPEN',
        decidedBy: isDecided ? '陈审' : null,
        since: null,
      };
    isDecided = true;
    throw new AppError(applicationErrors['approval.closed'], { params: { state: 'REJECTED' } });
  };
  await pressCard({
    turn: { run, call: { now: new Date(0) }, effects: { send: (intent: unknown) => sent.push(intent) } },
    address: { account: 'telegram:main', chat: '1' },
    tap: { kind: 'action', cardId: 'c', revision: 1, verb: 'approve', selected: {}, handle: {} },
    inboxId: 1n,
    text: (key: string, params: Readonly<Record<string, unknown>> = {}) => `${key} ${String(params['by'])}`,
  } as unknown as Press);

  expect(sent).toMatchObject([{ content: { kind: 'tap_answer', text: 'approval.tap.closed.REJECTED 陈审' } }]);
});
