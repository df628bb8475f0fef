import { describe, expect, test } from 'vitest';
import { plainName, readable } from '../../../src/lib/plain-name.ts';

describe('a name', () => {
  const name = plainName(40, 'fault.customer_name');

  test.each(['何女士', 'Ana María', '阿依古丽·买买提', '𠮷田', '葛\u{E0100}', '👨\u200D👩\u200D👧', ' 何女士\n'])(
    'may be %j',
    (text) => {
      expect(name.parse(text)).toBe(text.trim());
    },
  );

  test.each([
    '',
    ' ',
    '\u202E何女士',
    '何\u202E女士',
    '\u200B何',
    '\u200D何',
    '\uFE0F何',
    '\u3164',
    '\u00AD何',
    'a\nb',
    'a\tb',
    'a\u2028b',
    '\u001B[31m何',
    '\u{E0041}何',
  ])('may not be %j', (text) => {
    expect(name.safeParse(text).success).toBe(false);
  });
});

describe('what people are shown', () => {
  test('has no character that hides or turns round others; its lines stay', () => {
    const content = {
      kind: 'text',
      text: '\u202E客户\u200B：\u001B[31m何\r\n第二行\u2028第三行\t末',
      choices: ['好\u2066'],
    };

    expect(readable(content)).toEqual({ kind: 'text', text: '客户：[31m何\n第二行\n第三行\t末', choices: ['好'] });
  });

  test('is handed on as it is where nothing is wrong with it, files and emoji included', () => {
    const content = { text: '❤️ 👨\u200D👩\u200D👧 何女士\n您好', bytes: Buffer.from('\u202E'), at: new Date(0) };

    expect(readable(content)).toBe(content);
  });
});
