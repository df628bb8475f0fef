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

/** What the sum is of. */
const NOUN =
  '(?:工资|薪资|薪水|薪酬|薪|总?收入|收|入|流水|营业额|营业收入|营收|营利|营|开票额?|销售额?|销|产值|利润|还款?|供|缴|赚|挣|进账|回款|income|salary|earnings|earns?|makes?|pay|wages?|turnover|revenue|sales)了?';
/** Nothing else may stand between a period and what it belongs to: 一年税后大概30万; 去年离婚 收入2万 is no year's income. */
const GAP =
  '(?:的|是|有|能|可以?|要|得|也|就|税前|税后|到手|平均|均|大概|大约|差不多|左右|上下|约|基本|一共|总|共|合计|累计|加起来|下来|纯|净|毛|对公|对私|个人|公司|银行|店里?|厂里?|家里|家庭|夫妻|生意|营业|经营|稳定|固定|接近|将近|超过?|达到?|做到?|[我他她]们?|[:：~\\s]|\\b(?:is|are|was|of|about|around|approximately|roughly|some|the|his|her|my|our|their|he|she|i|we|net|gross|total|household|family|company|business|now|currently|after|before|tax)\\b)*';
/** 工作一年收入2万 says how long he has worked, 开店半年 流水50万 how old the shop is. */
const AGE =
  '(?:(?:工作|上班|入职|在职|经营|营业|成立|注册|接手|入行|创业|开(?!票)|[做干满办])[^\\s的]{0,3}|店|厂|刚|才|不到|快)';
/** 月薪, 年流水, 年均收入: the noun names its period itself. */
const OWN = `(?:[度均总纯净]|平均|税前|税后)*${NOUN}`;

interface Period {
  readonly months: number;
  readonly words: RegExp;
  /** Said of when it was earned as often as of how much came in all the while: 今年工资8000. */
  readonly loose?: boolean;
}

/** A period and, up to the sum, nothing but what it belongs to. */
function before(months: number, words: string, loose = false): Period {
  return { months, words: new RegExp(`(?:${words})${GAP}(?:${NOUN}${GAP})?$`, 'iu'), loose };
}

/** 0 = days or weeks, from which no month can be told. 一年 and 半年 before a pause are a term or an age. */
const BEFORE: readonly Period[] = [
  before(12, `(?<![\\d一二两三四五六七八九十几半多去今前每全明后当近])年(?=${OWN})${OWN}|年[均度]`),
  before(12, '(?:每年都?|全年)(?![多半期前后内了])|\\b(?:annual|yearly|annually|(?:per|a|each|every) year)\\b'),
  before(12, `(?<!${AGE}|[近去这过\\d万千百元块kw]|最近|过去)一年(?![多半期前后内了]|\\s+${GAP}${NOUN})`),
  before(3, '每个?季度?|(?<![\\d一二两三四])季度|\\bquarterly\\b'),
  before(1, `(?<!个)月(?=${OWN})${OWN}|[一每]个?月|月[均度]|\\b(?:monthly|(?:per|a|each|every) month)\\b`),
  before(0, `[日周](?=${OWN})${OWN}|[一每][天日周]|[日周]均|\\b(?:daily|weekly)\\b`),
  before(12, '(?:近|最近|过去|这)一年|[去今前当]年', true),
  before(
    6,
    `(?:近|过去|这|上|下|前|每)半年|(?<!${AGE}|[\\d万千百元块kw])半年(?!\\s+${GAP}${NOUN})|\\bhalf[- ]year(?:ly)?\\b`,
    true,
  ),
];
/** 近6个月流水60万, 过去两年流水500万 */
const COUNTED = new RegExp(
  `(?:(?:近|过去|前)(?<years>${COUNT_PATTERN})年|(?:近|过去|前|(?<=^|\\s|${NOUN}))(?<months>${COUNT_PATTERN})个月)${GAP}(?:${NOUN}${GAP})?$`,
  'u',
);
/** No period stands further away. */
const REACH = 24;
/** Wages come every month, whatever year they are said of. */
const WAGES = /工资|薪|底薪|到手|打卡|salary|wage/iu;
/** Less a month than this is not what somebody got over such a time: 去年收入2万. */
const LEAST_LOOSE_INCOME = fen(300_000);

/** Behind the sum a period ends what is said of it: 8000每年涨薪, 2万一年14薪 and 1万/年终奖5万 tell of something else. */
const NEXT =
  '(?:涨|加|奖|年终|发|还|供|房贷|车贷|按揭|债|租|交|缴|给|存|支出|开销|分红|提成|绩效|调|递?增|多|少|都|能|要|有|在|[+＋\\d一二两三四五六七八九十])';
const ENDED = `(?=(?:左右|上下|吧|呢|哦|啦|了|这样|的样子|以上|税前|税后|到手)*(?:$|[,，。;；、!！?？)）\\ue000]|\\s+(?!${NEXT})))`;
const SLASHED = '(?![终底初会中供还均薪])';
const ENDED_IN_ENGLISH =
  '\\b(?=\\s*(?:$|[,.;:!?)\\ue000])| (?:and(?! a half)|but|so|for|before|after|gross|net|pre-?tax|plus|from|with|in|at|wants?|needs?|looking|applying|would)\\b)';
const RATE = '(?:(?:an?|per|each|every) |/)';

function behind(months: number, chinese: string, slashed: string, english: string): Period {
  const words = `^(?:(?:${chinese})${ENDED}|\\s?/\\s?(?:${slashed})${SLASHED}|\\s?(?:${english})${ENDED_IN_ENGLISH})`;
  return { months, words: new RegExp(words, 'iu') };
}

const BEHIND: readonly Period[] = [
  behind(12, '\\s?每年|一年', '每?年', `${RATE}(?:year|yr|annum)|yearly|annually|p\\.?a`),
  behind(6, '半年', '半年', `${RATE}half year`),
  behind(3, '\\s?每个?季度?|一个?季度?', '季度?', `${RATE}quarter|quarterly`),
  behind(1, '\\s?(?:每|一)个?月', '每?个?月', `${RATE}(?:month|mth|mo)|monthly`),
  behind(0, '\\s?[每一][天日周]', '[天日周]', `${RATE}(?:day|week)|daily|weekly`),
];

/**
 * A sum as it stands on file: 年薪30万 is 25 000 a month.
 * @param per months over which it is kept; a sum with no period in its words is taken for one of that length
 * @param lead the words of its clause before the sum
 * @param rest the words of its clause behind it
 * @returns undefined for the sum of a day or a week
 */
export function perPeriod(amount: Fen, per: number, lead: string, rest: string): Fen | undefined {
  const { months, loose = false } = periodOf(lead.slice(-REACH), rest) ?? { months: per };
  if (months === per) return amount;
  if (months === 0) return undefined;
  const [kept, said] = [BigInt(per), BigInt(months)];
  const share = fen((amount * kept * 2n + said) / (said * 2n));
  const isDoubtful = loose && per === 1 && (WAGES.test(lead) || share < LEAST_LOOSE_INCOME);
  return isDoubtful ? amount : share;
}

/** Of several periods before the sum the nearest one; then one right behind it; then one that only tells when. */
function periodOf(lead: string, rest: string): Omit<Period, 'words'> | undefined {
  const found = BEFORE.flatMap(({ words, ...period }) => {
    const index = words.exec(lead)?.index;
    return index === undefined ? [] : [{ ...period, index }];
  }).toSorted((a, b) => b.index - a.index);
  return (
    found.find(({ loose }) => loose !== true) ??
    BEHIND.find(({ words }) => words.test(rest)) ??
    found[0] ??
    countedIn(lead)
  );
}

function countedIn(lead: string): Omit<Period, 'words'> | undefined {
  const { years, months } = COUNTED.exec(lead)?.groups ?? {};
  const counted = years === undefined ? parseCount(months ?? '') : (parseCount(years) ?? 0) * 12;
  return counted === undefined || counted === 0 ? undefined : { months: counted, loose: true };
}
