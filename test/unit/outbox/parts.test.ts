import { describe, expect, test } from 'vitest';
import { messageParts } from '../../../src/channels/wecom/text.ts';
import { partsOf } from '../../../src/outbox/parts.ts';

const file = { kind: 'file_ref', fileId: 'f', name: 'a.pdf', mime: 'application/pdf' } as const;
const picture = { kind: 'picture', name: 'a.png', drawing: 'funnel', data: {}, language: 'zh-CN' } as const;

describe('the messages that an outbox row takes at the platform', () => {
  test.each([
    ['a short answer', '好的', 1],
    ['a long one that still fits', '字'.repeat(682), 1],
    ['one that has to be split', '字'.repeat(1400), 3],
    ['one that is cut after ten parts', '字'.repeat(20_000), 10],
  ])('%s', (_name, text, parts) => {
    expect(partsOf({ kind: 'text', text })).toBe(parts);
    expect(messageParts(text, '1').length).toBeLessThanOrEqual(parts);
  });

  test('a file and its caption are two, a picture is one', () => {
    expect(partsOf({ ...file, caption: '本月漏斗' })).toBe(2);
    expect(partsOf({ ...file, caption: '' })).toBe(1);
    expect(partsOf(picture)).toBe(1);
  });
});
