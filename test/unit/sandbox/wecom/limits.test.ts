import { describe, expect, test } from 'vitest';
import { SlidingWindows } from '../../../../src/sandbox/kernel/bucket.ts';
import { Quota } from '../../../../src/sandbox/wecom/quota.ts';
import { cutBytes, plainText } from '../../../../src/sandbox/wecom/rich-text.ts';
import { readXml, writeXml, xmlText } from '../../../../src/sandbox/wecom/xml.ts';

const at = (seconds: number): Date => new Date(1_796_000_400_000 + seconds * 1_000);

describe('quota', () => {
  test('the call over the limit closes the door for a whole window from then on', () => {
    const quota = new Quota(2, 60_000);
    const taken = [0, 1, 50, 61, 109, 110].map((second) => quota.take('api', at(second)));

    expect(taken).toEqual([true, true, false, false, false, true]);
  });

  test('keys do not share a quota and a cost may be more than one', () => {
    const quota = new Quota(4, 60_000);

    expect([quota.take('a', at(0), 4), quota.take('b', at(0), 5), quota.take('a', at(0))]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('sliding windows', () => {
  test('hold every limit at once over the time just past, and say how long to wait', () => {
    const windows = new SlidingWindows([
      { count: 2, windowMs: 60_000 },
      { count: 3, windowMs: 3_600_000 },
    ]);
    const waits = [0, 30, 59, 60, 61, 3_599, 3_600].map((second) => windows.take('lina', at(second)) / 1_000);

    expect(waits).toEqual([0, 0, 1, 0, 3_539, 1, 0]);
  });
});

describe('callback XML', () => {
  test(']]> inside a text is split over two CDATA sections and reads back unchanged', () => {
    const text = 'a ]]> b ]]]]> 😀 <c> &lt;';
    const xml = writeXml([['Content', text]]);

    expect(xml).toContain(']]]]><![CDATA[>');
    expect(xmlText(readXml(xml), 'Content')).toBe(text);
  });

  test('numeric-looking values stay texts and big numbers keep every digit', () => {
    const xml = writeXml([
      ['FromUserName', '00123'],
      ['EventKey', '1e5'],
      ['MsgId', 7_469_081_234_567_890_123n],
    ]);

    const tree = readXml(xml);
    expect(['FromUserName', 'EventKey', 'MsgId'].map((name) => xmlText(tree, name))).toEqual([
      '00123',
      '1e5',
      '7469081234567890123',
    ]);
  });

  test.each(['', 'success', '{"xml":1}', '<xml><a></xml>', '<!DOCTYPE x><xml></xml>', '<html></html>'])(
    '%j is not a callback document',
    (text) => {
      expect(readXml(text)).toBeUndefined();
    },
  );
});

describe('text on a phone', () => {
  test('tags vanish, escaped ones show, links keep their address', () => {
    expect(plainText('a<br/>b <div class="gray">c</div> &lt;d&gt; &amp;lt; 1 < 2')).toBe('a\nb c <d> &lt; 1 < 2');
    expect(plainText("<a href='https://a.example.com/?x=1&amp;y=2'>open</a>")).toBe(
      'open https://a.example.com/?x=1&y=2',
    );
  });

  test('a text is cut by bytes and shows the half character', () => {
    expect(cutBytes('贷款', 4)).toBe('贷\uFFFD');
    expect(cutBytes('贷款', 6)).toBe('贷款');
  });
});
