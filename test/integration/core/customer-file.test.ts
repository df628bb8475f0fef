/** What stands on the file of a customer: her own chat, what came before it was hers, and what no store takes. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADMIN } from '../../invariants/support/company.ts';
import { useCustomerChat } from '../../support/customer-chat.ts';

const chat = useCustomerChat();
const { company, does, says, opens, shares, consents, file, lines } = chat;

beforeAll(async () => {
  await company.addStaff('小何', ['sales'], { wecom: 'xiaohe' });
});

describe('the file of a customer', () => {
  test('holds what was said in her chat before it was hers, in order and once; a stranger’s number stands nowhere', async () => {
    await says('您好');
    await opens();
    await does({ kind: 'contact', messageId: 'c0', phone: '13911112222', own: false });
    await shares();

    const texts = await lines();

    const early = texts.filter((text) => /您好$|\/start$|发来一张名片/u.test(text));
    expect(early).toEqual(['in 您好', 'in /start', expect.stringMatching(/^in .*发来一张名片/u)]);
    expect(texts.join('\n')).not.toContain('139****2222');
    expect(texts.filter((text) => text.startsWith('out')).length).toBeGreaterThanOrEqual(3);
    expect(
      texts.filter((text) => text === `in ${chat.customer.phone.slice(0, 3)}****${chat.customer.phone.slice(-4)}`),
    ).toHaveLength(1);
    expect(new Set(texts).size).toBeGreaterThan(4);
  });

  test('holds it also when all of it is handled in one go', async () => {
    const { telegram } = company.channels;
    await company.receive(telegram, chat.customer.chat, {
      kind: 'start',
      payload: chat.customer.link,
      messageId: 's1',
    });
    await company.receive(telegram, chat.customer.chat, {
      kind: 'contact',
      messageId: 'c1',
      phone: chat.customer.phone,
      own: true,
    });
    await company.drain();

    const texts = await lines();
    expect(texts.filter((text) => text === 'in /start')).toHaveLength(1);
    expect(texts.filter((text) => text.includes('分享您本人的手机号'))).toHaveLength(1);
  });

  test('of a phone that does not match nothing goes on it, and what is kept names no number', async () => {
    await opens();
    await shares('13911112222');

    expect(await lines()).toEqual([]);
    expect(await company.count(`timeline_items WHERE text_masked LIKE '139****%'`)).toBe(0);
  });

  test('holds the colleague’s 邀请 with the link, masked, and who else asked for her', async () => {
    const { wecom } = company.channels;
    const phone = '13800190001';
    await company.say(wecom, 'xiaolin', `新客户 周晓燕 ${phone} 想贷30万周转 36期 深圳`);
    await company.drain();
    await company.say(wecom, 'xiaolin', '邀请');
    await company.drain();
    await company.say(wecom, 'xiaohe', `新客户 周女士 ${phone} 想贷20万装修`);
    await company.drain();
    const found = (await company.call(ADMIN, 'customer.search', { mobile: phone })) as { items: { id: string }[] };

    const texts = await lines(found.items[0]?.id ?? '');

    expect(texts.filter((text) => text === 'in 邀请')).toHaveLength(1);
    expect(texts.filter((text) => text.includes('一次性链接'))).toHaveLength(1);
    expect(texts.filter((text) => text.includes('已经有人在跟进'))).toHaveLength(1);
    expect(texts.filter((text) => text.includes('想贷20万装修'))).toHaveLength(1);
  });
});

describe('on the file of a customer', () => {
  beforeEach(consents);

  test('a place and a sticker stand in a word, once, and are answered with what can be read', async () => {
    const before = (await lines()).length;
    await does({ kind: 'unreadable', messageId: 'p1', what: 'location' });
    await does({ kind: 'unreadable', messageId: 'p2', what: 'hologram' });

    const answer = 'out 这种消息我读不了。请发文字、照片或 PDF。';
    expect((await lines()).slice(before)).toEqual(['in [位置]', answer, 'in [读不了的消息]', answer]);
  });

  test('such a message is not answered while a person has the word', async () => {
    await says('人工');
    const before = (await lines()).length;
    await does({ kind: 'unreadable', messageId: 'p1', what: 'sticker' });

    expect((await lines()).slice(before)).toEqual(['in [贴纸]']);
  });

  test('an edit whose message never came stands as that message, edited, once however often it is edited', async () => {
    const before = (await file()).length;
    await does({ kind: 'edited', messageId: 'e1', text: '我叫何晓燕，急用' });
    await does({ kind: 'edited', messageId: 'e1', text: '不急了' });

    expect((await file()).slice(before)).toEqual([
      expect.objectContaining({
        direction: 'in',
        kind: 'edited',
        text: '我叫何**，急用',
        edits: [expect.objectContaining({ text: '我叫何**，急用' }), expect.objectContaining({ text: '不急了' })],
      }),
    ]);
  });

  test('a voice message stands in a word, a photo as itself', async () => {
    const before = (await lines()).length;
    await does({ kind: 'message', messageId: 'v1', text: '', media: [{ id: 'v1', kind: 'voice' }] });
    await does({ kind: 'message', messageId: 'v2', text: '', media: [{ id: 'v2', kind: 'image' }] });

    expect((await lines()).slice(before)).toEqual(['in [语音]', 'in ']);
  });

  test('an edit that overtook its message does not stand beside it', async () => {
    const before = (await file()).length;
    await does({ kind: 'edited', messageId: 'e1', text: '急用' });
    await does({ kind: 'message', messageId: 'e1', text: '不急', media: [] });

    const said = (await file()).slice(before).filter(({ direction }) => direction === 'in');
    expect(said.map(({ text }) => text)).toEqual(['不急']);
  });
});

describe('a text with characters that no store takes', () => {
  test.each([
    ['NUL', '您好\0吗', '您好吗'],
    ['half of a character', '您好\uD83D吗', '您好\uFFFD吗'],
  ])('%s is taken without them, at the first try', async (_, text, kept) => {
    await consents();
    await says(text);

    expect(await lines()).toContain(`in ${kept}`);
    expect(await company.count(`inbox WHERE state = 'PARKED' OR attempts > 0`)).toBe(0);
  });
});
