import { expect, test } from 'vitest';
import { personId } from '../../../src/channels/person-id.ts';

test('a person has one id: in any case on WeCom, exactly as it stands elsewhere', () => {
  expect(personId('wecom:ww1:1000002', 'XiaoLin.W_0x1F')).toBe('xiaolin.w_0x1f');
  expect(personId('slack:T1', 'U0MAY')).toBe('U0MAY');
  expect(personId('telegram:4242', '7102')).toBe('7102');
});
