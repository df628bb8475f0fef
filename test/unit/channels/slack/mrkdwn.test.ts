import { describe, expect, test } from 'vitest';
import { decodeMrkdwn, escapeMrkdwn, mentions, withoutLeadingMention } from '../../../../src/channels/slack/mrkdwn.ts';

describe('escaping', () => {
  test('exactly the three reserved characters are encoded', () => {
    expect(escapeMrkdwn(`a&b <@U1> *x* 'q' "r" 30万`)).toBe(`a&amp;b &lt;@U1&gt; *x* 'q' "r" 30万`);
  });

  test('what is escaped decodes to itself', () => {
    for (const text of ['<@U1>', '&amp;', '<https://x|y>', '<!channel> & co', '1 < 2 > 0']) {
      expect(decodeMrkdwn(escapeMrkdwn(text))).toBe(text);
    }
  });
});

describe('decoding', () => {
  test.each([
    ['电话 <tel:13800006612|13800006612>', '电话 13800006612'],
    ['<mailto:a@b.test|a@b.test>', 'a@b.test'],
    ['<mailto:a@b.test>', 'a@b.test'],
    ['<https://x.test/a?b=1&amp;c=2>', 'https://x.test/a?b=1&c=2'],
    ['<https://x.test|说明>', '说明'],
    ['<@U0001> <@U0002|小林>', '@U0001 @小林'],
    ['<#C1|general> <#C2>', '#general #C2'],
    ['<!here> <!subteam^S1|@ops>', '@here @@ops'],
    ['&lt;@U1&gt;', '<@U1>'],
  ])('%s reads as %s', (raw, text) => {
    expect(decodeMrkdwn(raw)).toBe(text);
  });
});

describe('mentions', () => {
  test('a mention is found with and without a label, and not inside another id', () => {
    expect(mentions('hi <@UBOT>', 'UBOT')).toBe(true);
    expect(mentions('hi <@UBOT|bot>', 'UBOT')).toBe(true);
    expect(mentions('hi <@UBOTX>', 'UBOT')).toBe(false);
  });

  test('only the leading mention and what separates it are taken off', () => {
    expect(withoutLeadingMention('<@UBOT>： 客户 <@U2>')).toBe('客户 <@U2>');
    expect(withoutLeadingMention('客户 <@UBOT>')).toBe('客户 <@UBOT>');
  });
});
