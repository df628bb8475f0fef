/** The words that name a period (年薪, 每月, 近半年, a year), and those that may stand between one and its sum. */
import { matchesOf } from '../../../lib/matches.ts';
import { ENGLISH_COUNT } from './english-number.ts';
import { COUNT_PATTERN, NUMERAL_CHARACTERS, parseCount } from './numerals.ts';

/**
 * How a period is said. `strict`: of a sum that comes again and again (每年, 年薪, a year). `span`: a mere length, which may
 * as well be an age or a term (一年, 6个月). `loose`: when it was earned as often as over what (去年, 近半年). `vague`: nothing
 * to reckon with (一年多, 按年). `once`: one month, which says nothing of the others (上个月, 9月).
 */
export type Saying = 'strict' | 'span' | 'loose' | 'vague' | 'once';

/** A period in a text; 0 months = days or weeks, from which no month can be told. */
export interface Period {
  readonly months: number;
  readonly saying: Saying;
  readonly start: number;
  readonly end: number;
}

/** What the sum is of. */
const NOUN =
  '(?:工资|薪资|薪水|薪酬|薪|收入|收|入|流水|营业额|营业收入|营收|营利|营|开票额?|销售额?|销|产值|交易额|成交额|[净纯毛]利润?|利润|盈利|赚|挣|进账|进项|回款|到手|底薪|income|salary|earnings|earns?|earned|earning|makes?|making|made|gets?|pay|paid|wages?|turnover|revenue|sales|package|compensation|remuneration)';
/** 月薪, 年流水, 年均收入: the noun names its period itself. */
const OWN = `(?=(?:[度均总纯净毛]|平均|税前|税后|经营|家庭|个人|对公|的){0,3}${NOUN})`;
const COUNT_BEFORE = `[\\d${NUMERAL_CHARACTERS}半多几]`;
const RECENT = '近|最近|过去|这|前';
const EACH = '(?:per|each|every)';
const ENGLISH_NUMBER = `(?:\\d{1,3}|${ENGLISH_COUNT})`;

interface Shape {
  readonly saying: Saying;
  readonly months: number | ((groups: Readonly<Record<string, string | undefined>>) => number | undefined);
  readonly words: RegExp;
}

function shape(saying: Saying, months: Shape['months'], words: string): Shape {
  return { saying, months, words: new RegExp(words, 'giu') };
}

const counted =
  (unit: number) =>
  ({ count = '' }: Readonly<Record<string, string | undefined>>): number | undefined => {
    const value = parseCount(count);
    return value === undefined ? undefined : value * unit;
  };
/** 一年多 is more than the year: no sum is reckoned from it. */
const VAGUE = ({ count = '' }: Readonly<Record<string, string | undefined>>): number =>
  (parseCount(count) ?? 0) * 12 + 7;

/** In order: what an earlier one has taken a later one no longer sees. */
const SHAPES: readonly Shape[] = [
  shape('vague', VAGUE, `(?<count>${COUNT_PATTERN}|半)(?:多年|年(?:多|半|几个月))`),
  shape('loose', 12, '(?<!\\d)20\\d\\d年度?(?![前后])|\\b(?:in|for|of) 20[12]\\d\\b'),
  shape('strict', counted(1), '\\bevery (?<count>\\d|two|three|four) months\\b'),
  shape('strict', 0, '\\bevery (?:other|\\d|two|three|four) (?:days|weeks?)\\b'),
  shape('strict', counted(1), `每(?<count>[两二三四2-4])个月`),
  shape('vague', 12, '(?<!\\d)[12]\\d年度?(?![前后])'),
  shape(
    'loose',
    12,
    `(?:近|最近|过去|这)[一1]?整?年(?![前后级期])|(?<!税)前一年|past (?:one )?year|last (?:twelve|12) months`,
  ),
  shape('once', 1, '(?:上|这|本|当)个?月|(?:最近|近|上|前)[一1]个月'),
  shape('loose', counted(12), `(?:${RECENT})(?<count>${COUNT_PATTERN})个?年(?![前后级期])`),
  shape('loose', counted(1), `(?:${RECENT})(?<count>${COUNT_PATTERN})个月(?![前后])`),
  shape('loose', counted(3), `(?:${RECENT})?(?<count>[两二三四2-4])个季度`),
  shape('loose', counted(3), '前(?<count>[两二三23])季度?'),
  shape('loose', 12, '[去今当本]年度?|(?<!税)前年|上一?年度|(?:last|this|previous) year'),
  shape('loose', 6, `(?:${RECENT})大?半年|[上下]半年|(?:last|past|first|second|previous) half(?:[- ]year)?\\b`),
  shape('loose', counted(1), `\\b(?:last|past|recent|previous) (?<count>${ENGLISH_NUMBER}) months?\\b`),
  shape('loose', counted(12), `\\b(?:last|past|recent|previous) (?<count>${ENGLISH_NUMBER}) years?\\b`),
  shape('strict', 6, '每半年|半年度|\\b(?:half[- ]?yearly|semi-?annual(?:ly)?|(?:every|per|each) (?:six|6) months)\\b'),
  shape('span', 6, '半年(?![前后])|\\bhalf[- ](?:a )?year\\b'),
  shape(
    'strict',
    3,
    `每个?季度?|(?:(?:第?[一二三1-4]|第四|上|这|本)个?季|第?四个?季(?=度))度?|季度|\\b(?:quarterly|(?:${EACH}|a) quarter)\\b`,
  ),
  shape('loose', 3, '\\b(?:last|this|past|previous|first|second|third|fourth) quarter\\b|\\bq[1-4]\\b'),
  shape(
    'strict',
    1,
    `每1?个?月|月[均度]|一月(?=${NOUN})|/\\s?每?个?月|\\b(?:monthly|${EACH} (?:month|mth|mo))\\b|/ ?(?:month|mth|mo)\\b`,
  ),
  shape('once', 1, '(?<!\\d)1?\\d月份?|\\b(?:last|this|past|previous) month\\b'),
  shape('span', 1, '[一1]个月(?![前后])|\\ban? (?:month|mth|mo)\\b'),
  shape('span', counted(1), `(?<count>${COUNT_PATTERN})个月(?![前后])`),
  shape(
    'strict',
    12,
    `每1?年|全年|整年|年年|年[均度](?!假)|/\\s?每?年(?![终底初会])|\\b(?:annual(?:ly)?|yearly|${EACH} (?:year|yr|annum)|p\\.a\\b)|/ ?(?:year|yr|annum)\\b`,
  ),
  shape('strict', 12, '\\(每?年\\)'),
  shape('strict', 1, '\\(每?个?月\\)'),
  shape('strict', 12, '\\b(?:in|over) an? year\\b(?! ago)'),
  shape('span', 12, `(?<!${COUNT_BEFORE})[一1]整?年(?![前后级期])|\\ban? (?:year|yr|annum)\\b`),
  shape('span', counted(12), `(?<count>${COUNT_PATTERN})年(?![前后级期])`),
  shape('span', counted(1), `\\b(?<count>${ENGLISH_NUMBER})[- ]months?\\b(?! ago)`),
  shape('span', counted(12), `\\b(?<count>${ENGLISH_NUMBER})[- ]years?\\b(?! (?:ago|old))`),
  shape('strict', 12, `年(?:薪|收入|入|底薪)|年${OWN}`),
  shape('strict', 1, `(?<!个)月(?:薪|收入|入(?!职))|(?<!个)月${OWN}`),
  shape(
    'strict',
    0,
    `[日周天时]薪|(?<![今昨明当生前后近])[日周](?:入|收)|[日周]${OWN}|[一每]个?(?:[天日周]|星期|礼拜|小时)|[日周]均|/\\s?(?:[天日周]|星期|小时)|\\b(?:daily|weekly|biweekly|fortnightly|hourly|(?:${EACH}|an?) (?:day|week|fortnight|hour))\\b|/ ?(?:day|week|wk|hour|hr)\\b`,
  ),
  // Whatever else names a year or a month may be the sum's: 年综合收入, 按年算, 240k in a good year
  shape('vague', 3, '[前近]?季(?!节)|\\bquarters?\\b'),
  shape(
    'vague',
    12,
    '(?<![青中老少成周常多])年(?![轻龄纪审检限货级底前后])|年底(?!薪)|\\b(?:years?(?! (?:ago|old))|annual\\w*|yearly)\\b',
  ),
  shape('vague', 1, '(?<!个|\\d)月(?![供还底初租份饼])|\\bmonths?\\b(?! ago)'),
];

/** Every period named, in order. */
export function findPeriods(text: string): readonly Period[] {
  const found: Period[] = [];
  for (const { saying, months, words } of SHAPES) {
    for (const { index: start, 0: said, groups = {} } of matchesOf(text, words)) {
      const end = start + said.length;
      const length = typeof months === 'number' ? months : months(groups);
      if (length === undefined || found.some((other) => start < other.end && other.start < end)) continue;
      found.push({ months: length, saying, start, end });
    }
  }
  return found.toSorted((a, b) => a.start - b.start);
}

/** What says nothing of whose the period is. */
const FILLER =
  /税前|税后|扣税|含税|平均|大概|大约|差不多|左右|上下|约|基本上?|一般|一共|总共|合计|累计|加起来|算下来|下来|到头|少说|起码|至少|最少|最低|最多|最高|不低于|不少于|不超过|不止|不到|接近|将近|超过?|达到?|做到?|以上|以下|往上|的话|这样|样子|方面|人民币|元|块钱?|对公|对私|个人|公司|银行|家里|家庭|夫妻|生意|店[里铺]?|厂[里子]?|营业|经营|稳定|固定|净|纯|毛|包括|加上?|连同?|带|含|和|跟|奖金|提成|绩效|补贴|年终奖?|分红|全部|所有|房租|租金|制|为|还|那|这|应该|估计|可能|可以|能|是|有|个|的|要|得|也|就|都|在|近|共|总|均|吧|呢|哦|啦|了|哈|我们?|他们?|她们?|客户|[:：~(（)）+=\s]|\b(?:is|are|was|of|about|around|approximately|approx|roughly|some|the|his|her|my|our|their|he|she|i|we|it|its|that|me|net|gross|total|household|family|company|business|personal|now|currently|usually|after|before|pre|tax|on|an?|average|averages|averaging|over|more|less|than|at|least|most|up|to|nearly|almost|close|no|in|for|during|within|or|so|rmb|cny|yuan|with|including|incl|plus|bonus(?:es)?|commissions?|tips|everything|all|can|would|say|think|maybe|probably|and|brings?|comes?|has|have|does|do|whole|full)\b/giu;
const NOUNS = new RegExp(NOUN, 'giu');

/** What is left of the words between a period and a sum without those that leave it open whose it is. */
export function withoutFiller(between: string): string {
  return between
    .replaceAll(NOUNS, '')
    .replaceAll(FILLER, '')
    .replaceAll(/[-–—'’.]/gu, '');
}

/** Whether a word in there says what the sum is of. */
export function namesSum(between: string): boolean {
  return between.search(NOUNS) !== -1;
}
