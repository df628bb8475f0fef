import { describe, expect, test } from 'vitest';
import type { Card } from '../../src/channels/card.ts';
import { ok, refused } from '../fixtures/wecom/api-stub.ts';
import { ACCOUNT, anIntent } from '../fixtures/wecom/platform.ts';
import { useWecom } from '../fixtures/wecom/sending.ts';

const wecom = useWecom();

const CARD: Card = {
  id: 'k3m9abcd',
  revision: 2,
  title: '放款审批 A1087',
  fields: [{ label: '金额', value: '300,000.00' }],
  actions: [{ verb: 'approve', label: '通过', style: 'primary' }],
};

describe('cards', () => {
  const answered = ({ path }: { path: string }) =>
    path === 'gettoken' ? ok() : { errcode: 0, errmsg: 'ok', msgid: 'm-1', response_code: 'SEND_CODE' };

  test('carry a task id of their own and give what a redraw needs', async () => {
    wecom.stub.script = answered;
    const receipt = await wecom.channel.send(anIntent({ kind: 'card', card: CARD }));
    const [message] = wecom.stub.sent('message/send') as { template_card: { task_id: string } }[];

    expect(message?.template_card.task_id).toMatch(/^k3m9abcd-2-[0-9a-f]{16}$/);
    expect(receipt).toEqual({
      providerId: 'm-1',
      handle: { taskId: message?.template_card.task_id, responseCode: 'SEND_CODE' },
    });
  });

  test('have the same task id on a second try and another one in another row or for another person', async () => {
    const intent = anIntent({ kind: 'card', card: CARD });
    for (const changes of [{}, { attempt: 2 }, { id: 'row-2' }, { to: { account: ACCOUNT, chat: 'lina' } }])
      await wecom.channel.send({ ...intent, ...changes });
    const [first, again, otherRow, otherPerson] = (
      wecom.stub.sent('message/send') as { template_card: { task_id: string } }[]
    ).map((m) => m.template_card.task_id);

    expect(again).toBe(first);
    expect(new Set([first, otherRow, otherPerson]).size).toBe(3);
  });

  test('without a response code can only be superseded', async () => {
    const receipt = await wecom.channel.send(anIntent({ kind: 'card', card: CARD }));
    expect(receipt.handle).toBeUndefined();

    expect(
      await wecom.failure(anIntent({ kind: 'card_update', card: { ...CARD, closed: '已通过' }, handle: {} })),
    ).toMatchObject({
      failure: 'card_gone',
      code: 'no_response_code',
    });
    expect(wecom.stub.count('message/update_template_card')).toBe(0);
  });

  test('that show nothing to press and no link go as text', async () => {
    await wecom.channel.send(anIntent({ kind: 'card', card: { ...CARD, actions: [], closed: '已通过' } }));

    expect(wecom.stub.sent('message/send')).toMatchObject([
      { msgtype: 'text', text: { content: '放款审批 A1087\n金额：300,000.00\n已通过' } },
    ]);
  });
});

describe('redraws', () => {
  const closed: Card = { ...CARD, revision: 3, actions: [], closed: '张伟已通过' };
  const handle = { taskId: 'k3m9abcd-2-00', responseCode: 'SEND_CODE' };
  const tap = { taskId: 'k3m9abcd-2-00', responseCode: 'TAP_CODE' };
  const usedUp =
    (...codes: readonly string[]) =>
    ({ path, body }: { path: string; body: string }) =>
      path !== 'gettoken' && codes.some((code) => body.includes(`"${code}"`))
        ? refused(60140, 'invalid response_code')
        : ok();
  const codes = () => wecom.stub.sent('message/update_template_card').map(({ response_code }) => response_code);

  test('of the final state use the code kept from the send', async () => {
    await wecom.channel.send(anIntent({ kind: 'card_update', card: closed, handle }));

    expect(wecom.stub.sent('message/update_template_card')).toEqual([
      {
        userids: ['ZhangWei'],
        agentid: 1000007,
        response_code: 'SEND_CODE',
        template_card: {
          card_type: 'button_interaction',
          task_id: 'k3m9abcd-2-00',
          main_title: { title: '放款审批 A1087' },
          horizontal_content_list: [{ keyname: '金额', value: '300,000.00' }],
          button_list: [{ text: '张伟已通过', style: 1, type: 0, key: 'k3m9abcd:3:closed' }],
          replace_text: '张伟已通过',
        },
      },
    ]);
  });

  test('after a press use the code of the press and keep the other', async () => {
    await wecom.channel.send(anIntent({ kind: 'card_update', card: closed, handle, tap }));

    expect(codes()).toEqual(['TAP_CODE']);
  });

  test('fall back to the kept code when the passive reply has burnt the one of the press', async () => {
    wecom.stub.script = usedUp('TAP_CODE');

    expect(await wecom.channel.send(anIntent({ kind: 'card_update', card: closed, handle, tap }))).toEqual({
      providerId: 'm-1',
    });
    expect(codes()).toEqual(['TAP_CODE', 'SEND_CODE']);
  });

  test('are given up as gone when no code works', async () => {
    wecom.stub.script = usedUp('TAP_CODE', 'SEND_CODE');

    expect(await wecom.failure(anIntent({ kind: 'card_update', card: closed, handle, tap }))).toMatchObject({
      failure: 'card_gone',
      code: '60140',
    });
  });

  test('of a card that stays open reach its presser only and never spend the kept code', async () => {
    const open = { ...CARD, revision: 3 };
    expect(await wecom.channel.send(anIntent({ kind: 'card_update', card: open, handle }))).toEqual({ handle });
    expect(wecom.stub.calls).toEqual([]);

    await wecom.channel.send(anIntent({ kind: 'card_update', card: open, handle, tap }));
    expect(codes()).toEqual(['TAP_CODE']);

    wecom.stub.script = usedUp('TAP_CODE');
    expect(await wecom.failure(anIntent({ kind: 'card_update', card: open, handle, tap }))).toMatchObject({
      failure: 'card_gone',
    });
    expect(codes()).toEqual(['TAP_CODE', 'TAP_CODE']);
  });

  test('read the list of members who have no such card', async () => {
    wecom.stub.script = ({ path }) =>
      path === 'gettoken' ? ok() : { errcode: 0, errmsg: 'ok', invaliduser: ['zhangwei'] };

    expect(await wecom.channel.send(anIntent({ kind: 'card_update', card: closed, handle }))).toEqual({
      undeliverable: 'invaliduser',
    });
  });

  test('whose connection dies are unknown and do not spend a second code', async () => {
    wecom.stub.script = ({ path }) => (path === 'gettoken' ? ok() : { drop: true });

    expect(await wecom.failure(anIntent({ kind: 'card_update', card: closed, handle, tap }))).toMatchObject({
      failure: 'unknown',
    });
    expect(codes()).toEqual(['TAP_CODE']);
  });
});
