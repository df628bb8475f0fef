import path from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkContactGate } from '../../../../../src/domain/consent/contact-gate/index.ts';
import { AppError } from '../../../../../src/lib/errors.ts';
import { loadTexts } from '../../../../../src/lib/i18n.ts';

const texts = loadTexts(path.resolve(import.meta.dirname, '../../../../../locales'));
const context = { texts };
const AT = '2026-03-02T10:00:00+08:00';

function faultsOf(body: unknown): readonly { pointer: string; code: string }[] {
  try {
    checkContactGate(body, context);
  } catch (error) {
    if (error instanceof AppError && error.code === 'request.invalid') {
      return error.faults.map(({ pointer, code }) => ({ pointer, code }));
    }
    throw error;
  }
  return [];
}

describe('a gate request', () => {
  test('answers a denial with rule, sentence and next instant in the person’s zone', () => {
    const body = { tz: 'Asia/Urumqi', at: '2026-03-02T00:30:00Z', channel: 'sms' };
    expect(checkContactGate(body, context)).toEqual({
      decision: 'DENY',
      rule: 'COL-T1',
      reason: '22:00 至次日 08:00 不得联系',
      nextAllowedAt: '2026-03-02T08:00:00+06:00',
    });
    expect(checkContactGate(body, { ...context, language: 'en' }).reason).toBe(
      'Nobody may be contacted between 22:00 and 08:00 the next day',
    );
  });

  test('answers nothing but ALLOW when nothing forbids it', () => {
    expect(checkContactGate({ at: AT, channel: 'voice' }, context)).toEqual({ decision: 'ALLOW' });
  });

  test('uses the statutory quiet hours unless it brings stricter ones', () => {
    const evening = { at: '2026-03-02T20:30:00+08:00', channel: 'voice' };
    expect(checkContactGate(evening, context).decision).toBe('ALLOW');
    expect(checkContactGate({ ...evening, params: { quietFrom: '20:00' } }, context)).toMatchObject({
      rule: 'COL-T1',
      nextAllowedAt: '2026-03-03T08:00:00+08:00',
    });
    expect(
      checkContactGate(
        { at: AT, channel: 'ai', history: { effectiveToday: 1 }, params: { maxEffectiveCallsPerDebtorPerDay: 1 } },
        context,
      ).rule,
    ).toBe('COL-F1');
  });

  test('counts one and several in English', () => {
    const reason = (calls: number): string | undefined => {
      const params = { maxEffectiveCallsPerDebtorPerDay: calls };
      const body = { at: AT, channel: 'voice', history: { effectiveToday: calls }, params };
      return checkContactGate(body, { ...context, language: 'en' }).reason;
    };

    expect([reason(1), reason(2)]).toEqual([
      'There has been 1 effective call today; no more are allowed',
      'There have been 2 effective calls today; no more are allowed',
    ]);
  });

  test('may carry the remarks of a case file, in any case of its words', () => {
    const body = {
      id: 'K1',
      expect: 'ALLOW',
      rule: 'x',
      note: 'n',
      cn: '案',
      desc: 'd',
      at: AT,
      channel: 'SMS',
      role: 'Guarantor',
    };
    expect(checkContactGate(body, context)).toEqual({ decision: 'ALLOW' });
  });

  test.each<[string, unknown, string, string]>([
    ['no instant', { channel: 'sms' }, '/at', 'invalid_type'],
    ['a time without zone', { at: '2026-03-02T10:00:00', channel: 'sms' }, '/at', 'invalid_format'],
    ['an impossible date', { at: '2026-02-30T10:00:00Z', channel: 'sms' }, '/at', 'invalid_format'],
    ['a far year', { at: '3026-02-20T10:00:00Z', channel: 'sms' }, '/at', 'out_of_range'],
    ['an unknown zone', { tz: 'Asia/Beijing', at: AT, channel: 'sms' }, '/tz', 'unknown_zone'],
    ['an unknown channel', { at: AT, channel: 'pigeon' }, '/channel', 'unknown_channel'],
    ['a member of Object as channel', { at: AT, channel: 'constructor' }, '/channel', 'unknown_channel'],
    ['an unknown role', { at: AT, channel: 'sms', role: 'cat' }, '/role', 'unknown_role'],
    ['an unknown purpose', { at: AT, channel: 'sms', purpose: 'fun' }, '/purpose', 'invalid_value'],
    ['an unknown member', { at: AT, channel: 'sms', quiet: true }, '/quiet', 'unknown_member'],
    ['an unknown fact', { at: AT, channel: 'sms', history: { calls: 1 } }, '/history/calls', 'unknown_member'],
    [
      'half a call',
      { at: AT, channel: 'sms', history: { effectiveToday: 0.5 } },
      '/history/effectiveToday',
      'invalid_type',
    ],
    [
      'minus one call',
      { at: AT, channel: 'sms', history: { effectiveToday: -1 } },
      '/history/effectiveToday',
      'too_small',
    ],
    ['a text flag', { at: AT, channel: 'sms', refused: 'yes' }, '/refused', 'invalid_type'],
    ['a long text', { at: AT, channel: 'sms', text: '长'.repeat(5001) }, '/text', 'too_big'],
    ['an unknown parameter', { at: AT, channel: 'sms', params: { free: 1 } }, '/params/free', 'unknown_member'],
    [
      'no clock time',
      { at: AT, channel: 'sms', params: { quietFrom: '25:00' } },
      '/params/quietFrom',
      'invalid_format',
    ],
    [
      'later quiet hours than the law’s',
      { at: AT, channel: 'sms', params: { quietFrom: '22:30' } },
      '/params/quietFrom',
      'loosens',
    ],
    [
      'quiet hours that end too early',
      { at: AT, channel: 'sms', params: { quietTo: '07:59:59' } },
      '/params/quietTo',
      'loosens',
    ],
    [
      'empty quiet hours',
      { at: AT, channel: 'sms', params: { quietFrom: '08:00', quietTo: '08:00' } },
      '/params/quietFrom',
      'empty_window',
    ],
    ['nothing', null, '', 'invalid_type'],
  ])('with %s is refused', (_, body, pointer, code) => {
    expect(faultsOf(body)).toContainEqual({ pointer, code });
  });

  test('never answers with anything but a decision or a refusal, whatever is posted', () => {
    const member = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(AT, 'sms', 'UTC', true, 3));
    const bodies = fc.record(
      {
        at: fc.oneof(fc.constant(AT), member),
        channel: fc.oneof(fc.constant('sms'), member),
        tz: fc.oneof(fc.constantFrom('UTC', 'Asia/Shanghai', '+08:00'), member),
        text: fc.oneof(fc.string({ unit: 'binary' }), member),
        history: member,
        params: member,
        role: fc.constantFrom('contact', 'debtor'),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(bodies, fc.jsonValue()), (body) => {
        try {
          expect(checkContactGate(body, context).decision).toMatch(/^(?:ALLOW|DENY)$/u);
        } catch (error) {
          expect(error).toMatchObject({ code: 'request.invalid' });
        }
      }),
      { seed: 20_261_121, numRuns: 1500 },
    );
  });

  test('finds a sentence for every rule in both languages', () => {
    const keys = (language: 'zh-CN' | 'en'): readonly string[] =>
      texts.keys(language).filter((key) => key.startsWith('contact-gate.'));
    expect(keys('en')).toEqual(keys('zh-CN'));
  });
});
