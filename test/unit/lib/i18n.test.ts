import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, test } from 'vitest';
import { dayText, groupedYuan, inWan, LANGUAGES, loadTexts, moneyText } from '../../../src/lib/i18n.ts';
import { textParam, withTexts } from '../../../src/lib/text-params.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../../locales');
const texts = loadTexts(FOLDER);

/** A piece of a parsed message: words (type 0), the number of a plural (7), or an argument with its branches. */
interface Piece {
  readonly type: number;
  readonly value?: string;
  readonly options?: Readonly<Record<string, { readonly value: readonly Piece[] }>>;
}

/** Names of the arguments a message takes, those of its branches too. */
function argumentsOf(message: string): readonly string[] {
  const names = new Set<string>();
  const collect = (pieces: readonly Piece[]): void => {
    for (const { type, value, options } of pieces) {
      if (type !== 0 && value !== undefined) names.add(value);
      for (const branch of Object.values(options ?? {})) collect(branch.value);
    }
  };
  collect(new IntlMessageFormat(message, 'en', undefined, { ignoreTag: true }).getAst());
  return [...names].sort();
}

describe('the texts', () => {
  test('every file exists in every language', () => {
    const [first, ...others] = LANGUAGES;
    for (const other of others)
      expect(readdirSync(path.join(FOLDER, other)).sort()).toEqual(readdirSync(path.join(FOLDER, first)).sort());
  });

  test('every key exists in every language, with the same arguments', () => {
    const chinese = texts.messages('zh-CN');
    const english = texts.messages('en');

    expect(Object.keys(chinese).length).toBeGreaterThan(500);
    expect(Object.keys(english).sort()).toEqual(Object.keys(chinese).sort());
    const different = Object.keys(chinese).filter(
      (key) => argumentsOf(chinese[key] ?? '').join() !== argumentsOf(english[key] ?? '').join(),
    );
    // Amounts are told in 万 in Chinese and in plain yuan elsewhere.
    expect(different).toEqual(['conversation.format.wan']);
  });

  test('no text is empty, none promises an approval', () => {
    for (const language of LANGUAGES) {
      for (const [key, message] of Object.entries(texts.messages(language))) {
        expect(message.trim(), `${language} ${key}`).not.toBe('');
        expect(message, `${language} ${key}`).not.toMatch(/包过|秒批|黑户可|必过|guaranteed approval/i);
      }
    }
  });

  test.each(['conversation.format.months', 'approval.value.months'])('%s: one month, several months', (key) => {
    expect([1, 12].map((months) => texts.translate('en', key, { months }))).toEqual(['1 month', '12 months']);
  });

  test('a member of staff reads in either language that customers are found by name, too', () => {
    const line = (topic: string): string => texts.translate('en', 'flows.staff-lookup.help-line', { topic });

    for (const topic of ['find', 'repayment']) expect(line(topic)).toContain('<mobile|name|number>');
    expect(texts.translate('zh-CN', 'flows.customer-service.callback', { adviser: '小林' })).toContain('请他在您说的');
  });

  test('a sentence that its comma has cut off is no text: the file and the key are named', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'texts-'));
    for (const language of LANGUAGES) mkdirSync(path.join(folder, language));
    writeFileSync(path.join(folder, 'en/cli.yaml'), 'redis: { ok: yes it does, bad: nothing is lost, only slower }\n');

    expect(() => loadTexts(folder)).toThrow('en/cli.yaml: cli.redis.only slower:');
    rmSync(folder, { recursive: true });
  });

  test('an unknown key or a missing argument is a fault', () => {
    expect(() => texts.translate('en', 'no.such.key')).toThrow('no.such.key');
    expect(() => texts.translate('zh-CN', 'talk.chosen')).toThrow();
  });
});

describe('a text as a flow was published with it', () => {
  test('is said as it stands there; in a language that came later, in the first one', () => {
    expect(texts.translate('en', { 'zh-CN': '第 {n} 期', en: 'Instalment {n}' }, { n: 3 })).toBe('Instalment 3');
    expect(texts.translate('en', { 'zh-CN': '第 {n} 期' }, { n: 3 })).toBe('第 3 期');
    expect(() => texts.translate('en', {})).toThrow('en');
  });

  test('may stand for a parameter of another text; words a person typed never do', () => {
    const params = { node: textParam({ 'zh-CN': '初审', en: 'First review' }), reason: 'text:R02', count: 2 };

    expect(withTexts(params, (text) => texts.translate('en', text))).toEqual({
      node: 'First review',
      reason: 'text:R02',
      count: 2,
    });
  });
});

describe('money in texts', () => {
  test('is grouped, with two places', () => {
    expect(groupedYuan(123_456_789n)).toBe('1,234,567.89');
    expect(groupedYuan(5n)).toBe('0.05');
  });

  test('is said as people say it, with its unit', () => {
    const say = (key: string, { yuan, wan }: Readonly<Record<string, string>>): string =>
      key.endsWith('.wan') ? `${wan} 万` : `${yuan} 元`;
    expect([35_000_000n, 850_000n, 123_456_789n].map((amount) => moneyText(amount, say))).toEqual([
      '35 万',
      '8,500.00 元',
      '1,234,567.89 元',
    ]);
  });

  test('is told in 万 when it is a round number of hundred yuan', () => {
    expect([inWan(30_000_000n), inWan(38_650_000n), inWan(1_000_000n), inWan(123_456n)]).toEqual([
      '30',
      '38.65',
      '1',
      '',
    ]);
  });
});

describe('a date', () => {
  test('is said without its year where that is this one', () => {
    expect(dayText('2026-12-20', 'zh-CN', '2026-11-30')).toBe('12月20日');
    expect(dayText('2027-01-20', 'zh-CN', '2026-11-30')).toBe('2027年1月20日');
    expect(dayText('2026-12-20', 'en', '2026-11-30')).toBe('Dec 20');
    expect(dayText('2027-01-20', 'en', '2026-11-30')).toBe('Jan 20, 2027');
  });
});
