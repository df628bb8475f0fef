/** Passive replies made with `@wecom/crypto`, and what they do to the phone of the one member. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  approvalCard,
  cardMessage,
  CORP,
  element,
  LOAN_APP,
  passiveReply,
  replyXml,
  startWorld,
  type World,
} from './sandbox-wecom-world.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(async () => {
  vi.useRealTimers();
  await world.close();
});

const texts = (personId: string): string[] => world.screen(personId).messages.map(({ text }) => text);

describe('passive replies', () => {
  const lock =
    '<MsgType><![CDATA[update_button]]></MsgType><Button><ReplaceName><![CDATA[已通过]]></ReplaceName></Button>';
  const text = '<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[收到 a&lt;b]]></Content>';
  const answer = (body: string): void => world.answerWith((_, response) => void response.end(body));

  test('an empty body and "success" say nothing', async () => {
    await world.wecom.say('lina', 'a');
    answer('success');
    await world.wecom.say('lina', 'b');

    expect(texts('lina')).toEqual(['a', 'b']);
    expect(world.toasts('lina')).toEqual([]);
  });

  test('a text made with @wecom/crypto is shown to the member at once, whatever its length', async () => {
    for (let n = 0; n < 33; n++) {
      answer(
        passiveReply(replyXml('lina', `<MsgType>text</MsgType><Content><![CDATA[${'贷'.repeat(n)}!]]></Content>`)),
      );
      await world.wecom.say('lina', 'x');
    }

    const replies = world.screen('lina').messages.filter(({ from }) => from === 'bot');
    expect(replies.map((message) => message.text)).toEqual(Array.from({ length: 33 }, (_, n) => `${'贷'.repeat(n)}!`));
    expect(world.toasts('lina')).toEqual([]);
  });

  test('of articles is one card with a link for each; one without a link, and nine, are errors', async () => {
    const item = (title: string, url: string): string =>
      `<item><Title><![CDATA[${title}]]></Title><Description>d</Description><PicUrl></PicUrl><Url>${url}</Url></item>`;
    const news = (...items: string[]): void =>
      answer(
        passiveReply(
          replyXml(
            'lina',
            `<MsgType>news</MsgType><ArticleCount>${items.length}</ArticleCount><Articles>${items.join('')}</Articles>`,
          ),
        ),
      );
    news(item('还款计划', 'https://app.example.com/1'), item('00123', 'https://app.example.com/2'));
    await world.wecom.say('lina', 'a');
    const { card } = world.last('lina');
    news(item('x', ''));
    await world.wecom.say('lina', 'b');
    news(...Array.from({ length: 9 }, () => item('x', 'https://app.example.com/')));
    await world.wecom.say('lina', 'c');

    expect(card).toMatchObject({
      title: '还款计划',
      text: 'd',
      fields: [{ label: '00123' }],
      buttons: [{ url: 'https://app.example.com/1' }, { url: 'https://app.example.com/2' }],
    });
    expect(world.outward().slice(-2)).toEqual(['reply_bad_news', 'reply_bad_news']);
    expect(world.toasts('lina')).toEqual(['wecom.bad_reply', 'wecom.bad_reply']);
  });

  test('of a file shows it while its media_id lives', async () => {
    const id = world.wecom.screen('lina').messages.length;
    await world.wecom.sendFile('lina', { name: 'p.jpg', mime: 'image/jpeg', bytes: Buffer.from([0xff, 0xd8, 0xff]) });
    const mediaId = element(world.received.at(-1)?.plaintext ?? '', 'MediaId') ?? '';
    answer(passiveReply(replyXml('lina', `<MsgType>image</MsgType><Image><MediaId>${mediaId}</MediaId></Image>`)));
    await world.wecom.say('lina', 'a');
    expect(world.last('lina').file).toMatchObject({ name: 'p.jpg', size: 3 });

    await world.later(72 * 3_600);
    await world.wecom.say('lina', 'b');
    expect(world.outward().at(-1)).toBe('reply_bad_media');
    expect(world.screen('lina').messages).toHaveLength(id + 4);
  });

  test('update_button greys the buttons of the tapper only', async () => {
    const id = await world.sendCard('lina|ZhangWei');
    answer(passiveReply(replyXml('lina', lock)));
    await world.wecom.tap('lina', id, 'approve');

    expect(world.last('lina').card?.buttons).toEqual([{ key: '', text: '已通过', disabled: true }]);
    expect(world.last('ZhangWei').card?.buttons).toMatchObject([{ key: 'approve' }, { key: 'reject' }]);
    await world.wecom.tap('lina', id, 'approve');
    expect(world.received).toHaveLength(1);
  });

  test('update_template_card puts a whole card written in CamelCase in the place of the tapper’s', async () => {
    const card = `<TemplateCard><CardType>button_interaction</CardType><TaskId>t-1</TaskId><MainTitle><Title>passed</Title></MainTitle>
      <HorizontalContentList><Type>1</Type><KeyName>file</KeyName><Value>see</Value><Url>https://a.example.com</Url></HorizontalContentList>
      <ButtonList><Text>again</Text><Style>2</Style><Key>again</Key></ButtonList></TemplateCard>`;
    const id = await world.sendCard('lina');
    answer(passiveReply(replyXml('lina', `<MsgType>update_template_card</MsgType>${card}`)));
    await world.wecom.tap('lina', id, 'approve');

    expect(world.last('lina').card).toMatchObject({
      title: 'passed',
      fields: [{ label: 'file', value: 'see' }],
      buttons: [{ key: 'again', text: 'again', style: '2' }, { url: 'https://a.example.com' }],
    });
  });

  test('whether a passive update burns the code of the tap can be chosen', async () => {
    const burnt = await startWorld({ passiveReplyBurnsCode: true });
    burnt.answerWith((_, response) => void response.end(passiveReply(replyXml('lina', lock))));
    answer(passiveReply(replyXml('lina', lock)));
    const results: number[] = [];
    for (const one of [world, burnt]) {
      const { msgid } = await one.send(cardMessage('lina', approvalCard('t-1')));
      await one.wecom.tap('lina', String(msgid), 'approve');
      const code = element(one.received.at(-1)?.plaintext ?? '', 'ResponseCode');
      const body = { agentid: LOAN_APP.agentId, atall: 1, response_code: code, button: { replace_name: 'x' } };
      results.push((await one.call('message/update_template_card', body)).errcode);
    }
    await burnt.close();

    expect(results).toEqual([0, 60140]);
  });

  const unswapped = `<xml><ToUserName>${CORP}</ToUserName><FromUserName>lina</FromUserName>${text}</xml>`;
  test.each<[string, string, string]>([
    ['plain XML', '<xml><MsgType>text</MsgType></xml>', 'plaintext_reply'],
    ['JSON', '{"ok":true}', 'plaintext_reply'],
    ['another token', passiveReply(replyXml('lina', text), { token: 'other' }), 'reply_signature'],
    ['another receiver id', passiveReply(replyXml('lina', text), { corp: 'wwother' }), 'reply_receiveid'],
    ['names that are not swapped', passiveReply(unswapped), 'reply_names_not_swapped'],
    ['somebody else’s name', passiveReply(replyXml('ZhangWei', text)), 'reply_names_not_swapped'],
    ['a type that does not exist', passiveReply(replyXml('lina', '<MsgType>fax</MsgType>')), 'reply_bad_type'],
    ['a button update without a tap', passiveReply(replyXml('lina', lock)), 'reply_without_tap'],
  ])('with %s shows an error and stands in the journal', async (_, body, why) => {
    answer(body);
    await world.wecom.say('lina', 'a');

    expect(texts('lina')).toEqual(['a']);
    expect(world.toasts('lina')).toEqual(['wecom.bad_reply']);
    expect(world.outward().at(-1)).toBe(why);
    expect(world.received).toHaveLength(1);
  });

  test('with a card WeCom would refuse leaves the old card and shows an error', async () => {
    const id = await world.sendCard('lina');
    const broken =
      '<TemplateCard><CardType>button_interaction</CardType><MainTitle><Title>t</Title></MainTitle></TemplateCard>';
    answer(passiveReply(replyXml('lina', `<MsgType>update_template_card</MsgType>${broken}`)));
    await world.wecom.tap('lina', id, 'approve');

    expect(world.last('lina').card?.title).toBe('LN-0007');
    expect(world.toasts('lina')).toEqual(['wecom.bad_reply']);
    expect(world.outward().at(-1)).toBe('reply_bad_card_42038');
  });

  test('that comes too late is never shown: an error flashes up instead', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    world.answerWith((_, response) => {
      vi.advanceTimersByTime(5_000);
      response.end(passiveReply(replyXml('lina', text)));
    });
    await world.wecom.say('lina', 'a');

    expect(texts('lina')).toEqual(['a']);
    expect(world.toasts('lina')).toEqual([
      'wecom.late_reply',
      'wecom.late_reply',
      'wecom.late_reply',
      'wecom.no_answer',
    ]);
    expect(world.outward().slice(-3)).toEqual(['timeout', 'timeout', 'timeout']);
  });
});
