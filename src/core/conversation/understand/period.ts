/** What a sum is counted over: 年薪30万, 流水每月8万, 近半年流水60万, 300k a year. On file an income is a month's, a turnover a year's. */
import { fen, type Fen } from '../../../lib/money.ts';
import type { FactName } from './fact.ts';
import { COUNT_PATTERN, parseCount } from './numerals.ts';

/** The months over which these sums stand on file; others are no sums of a period. */
export const KEPT_PER: ReadonlyMap<string, number> = new Map<FactName, number>([
  ['monthlyPayment', 1],
  ['income', 1],
  ['turnover', 12],
]);

/** 工作一年收入2万 says how long he has worked, 开了3年流水500万 how old the business is. */
const AGE = '(?:工作|上班|入职|经营|成立|[开做干满办]|在职)了?';
const SUM = '(?:薪|收|入|流水|营|开票|销|产值|利润|供|还|缴|赚|挣)';
/** Months and the words that name them before the sum; 0 = days or weeks, from which no month can be told. */
const BEFORE: readonly (readonly [months: number, words: RegExp])[] = [
  [
    12,
    new RegExp(
      `(?<!${AGE})[一每全]年(?![多半期前后内了])|[去今前]年|年[均度]|(?<![\\d一二两三四五六七八九十几半多])年(?=${SUM})|\\b(?:annual|yearly)\\b`,
      'giu',
    ),
  ],
  [6, /半年/gu],
  [3, /季度|每季|\bquarterly\b/giu],
  [1, new RegExp(`[一每]个?月|月[均度]|(?<!个)月(?=${SUM})|\\bmonthly\\b`, 'giu')],
  [0, new RegExp(`[一每][天日周]|[日周]均|[日周](?=${SUM})|\\b(?:daily|weekly)\\b`, 'giu')],
];
/** 近6个月流水60万, 过去两年流水500万 */
const COUNTED = new RegExp(
  `(?:(?:近|过去|前)(?<years>${COUNT_PATTERN})年|(?<![\\d.])(?<months>${COUNT_PATTERN})个月)(?=的?${SUM})`,
  'gu',
);
/** 年薪30万 每月房贷6000: the period of what comes next. */
const OWN = '(?!\\s?的?[\\u4e00-\\u9fa5]{0,3}(?:贷|供|还|揭|债|租|支出|开销))';
const AFTER: readonly (readonly [months: number, words: RegExp])[] = [
  [
    12,
    new RegExp(
      `^\\s?(?:[/每一]\\s?年(?![多半期前后内])${OWN}|(?:(?:an?|per|each|every) |/)(?:year|annum)\\b|yearly\\b|annually\\b)`,
      'iu',
    ),
  ],
  [6, new RegExp(`^\\s?/?半年${OWN}`, 'u')],
  [3, new RegExp(`^\\s?(?:[/每一]\\s?个?季度?${OWN}|(?:(?:a|per|each|every) |/)quarter\\b)`, 'iu')],
  [1, new RegExp(`^\\s?(?:[/每一]\\s?个?月${OWN}|(?:(?:a|per|each|every) |/)month\\b|monthly\\b)`, 'iu')],
  [
    0,
    new RegExp(
      `^\\s?(?:[/每一]\\s?[天日周]${OWN}|(?:(?:a|per|each|every) |/)(?:day|week)\\b|daily\\b|weekly\\b)`,
      'iu',
    ),
  ],
];

/**
 * A sum as it stands on file: 年薪30万 is 25 000 a month.
 * @param per months over which it is kept; a sum with no period in its words is taken for one of that length
 * @returns undefined for the sum of a day or a week
 */
export function perPeriod(amount: Fen, per: number, before: string, after: string): Fen | undefined {
  const months = monthsIn(before, after) ?? per;
  if (months === per) return amount;
  const [kept, said] = [BigInt(per), BigInt(months)];
  return months === 0 ? undefined : fen((amount * kept * 2n + said) / (said * 2n));
}

/** Of several periods before the sum the nearest one counts; one right behind it before all. */
function monthsIn(before: string, after: string): number | undefined {
  const behind = AFTER.find(([, words]) => words.test(after));
  if (behind) return behind[0];
  const found = BEFORE.flatMap(([months, words]) =>
    [...before.matchAll(words)].map(({ index }) => ({ months, index })),
  );
  const counted = [...before.matchAll(COUNTED)].map(({ index, groups }) => ({ months: monthsOf(groups), index }));
  return [...found, ...counted].toSorted((a, b) => a.index - b.index).at(-1)?.months;
}

function monthsOf({ years = '', months = '' }: Readonly<Record<string, string>> = {}): number {
  return years === '' ? (parseCount(months) ?? 0) : (parseCount(years) ?? 0) * 12;
}
