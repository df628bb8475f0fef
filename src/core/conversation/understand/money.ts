/**
 * What the amounts in a text are for: the wanted loan, a monthly payment, an income, a debt. An amount whose meaning is not
 * certain stays below `CERTAIN`.
 */
import { fen, formatYuan, type Fen } from '../../../lib/money.ts';
import { CERTAIN, type Fact, type FactName, type Findings, type Problem } from './fact.ts';
import { earlierLoan } from './earlier-loan.ts';
import { findMoney, isPart, lacksUnit, type MoneyMention } from './money-mention.ts';
import { findMoneyRanges, type MoneyRange } from './money-range.ts';
import { clauseAfter, clauseBefore } from './normalise.ts';
import { NUMERAL_CHARACTERS } from './numerals.ts';
import { isChangedFrom, isChangedTo, isEarnedNoMore, isOnce, isSaidOfNow, wasEarned } from './past.ts';
import { KEPT_PER, perPeriod } from './period.ts';
import { findPeriods } from './period-words.ts';
import { takesBack } from './retraction.ts';
import {
  isBareSumOfSomebodyElse,
  isMortgageOfSomebodyElse,
  isOfTradeOfSomebodyElse,
  isSumOfSomebodyElse,
} from './somebody-else.ts';
import { matchesOf } from '../../../lib/matches.ts';

interface Role {
  readonly name: FactName;
  readonly before?: RegExp;
  readonly after?: RegExp;
}

/** The same pattern, finding its last occurrence: `lead` is all that stands before it. */
function rightmost(pattern: RegExp): RegExp {
  return new RegExp(`^(?<lead>.*)(?:${pattern.source})`, `${pattern.flags}s`);
}

/** What an amount can be, with the words that stand next to it. */
const ROLES: readonly Role[] = [
  {
    name: 'monthlyPayment',
    before: rightmost(
      /(?:月供|月还款?|每个?月(?:的?(?:房贷|按揭)|要?还|供)|按揭(?:每个?月|月|要|还款)|房贷(?:每个?月|月)还?|供楼|monthly payment)[^\d]{0,5}$/iu,
    ),
    after: /^\s?(?:的月供|月供|\/月的?月供|(?:a|per) month on (?:the|a) mortgage)/iu,
  },
  {
    name: 'debt',
    before: rightmost(
      /(?:负债|欠(?:了|着|款)?|外债|网贷|信用卡|(?<!(?:申请|办理?|做|[想要][贷借]?)(?:一?[个笔])?)(?:借呗|花呗|微粒贷|网商贷|白条|金条|度小满|拍拍贷|美团借钱|放心借|有钱花)|余额|还剩|剩余|未还|尾款|已经?贷了?|现有贷款|\bowe[sd]?|(?<!\b(?:pay|clear|settl|refinanc|consolidat)[a-z]*(?: off| down)?(?: my| his| her| the| their)?(?: credit card)? )\bdebts?(?: of)?(?: about| around| roughly)?)[^\d]{0,6}$/iu,
    ),
    after: /^\s?(?:的)?(?:负债|外债|网贷|信用卡|没还|未还|欠款)|^ (?:in|of) (?:credit card )?debts?\b/iu,
  },
  {
    name: 'income',
    before: rightmost(
      /(?:收入|工资|月薪|年薪|薪水|打卡|税后|税前|到手|[年月](?:入(?![职行学伙股驻住])|收(?!入|成))|底薪|退休金|养老金|挣|赚|income|salary|pension(?! (?:plan|fund))|earns?|\bmak(?:es|ing)|\bused to make)[^\d]{0,5}$/iu,
    ),
    after:
      /^\s?(?:左右)?(?:的)?(?:工资|[年月]薪|[年月]?收入(?!证明)|底薪)|^ (?:(?:per|an?) (?:year|month) |annual |yearly |monthly )?(?:in )?(?:income|salary)\b(?! (?:certificate|proof|slip))/iu,
  },
  {
    name: 'turnover',
    before: rightmost(/(?:流水|营业额|营收|年销|销售额|开票|(?<!for )turnover|revenue|annual sales)[^\d]{0,6}$/iu),
    after:
      /^\s?(?:的)?(?:流水|营业额|开票)|^ (?:(?:per|an?) (?:year|month) |annual |yearly |monthly )?(?:in )?(?:turnover|revenue)\b/iu,
  },
  { name: 'fund', before: rightmost(/(?:公积金|社保|缴存|基数|保费|保单|年缴|月缴)[^\d]{0,6}$/u) },
  {
    name: 'assetValue',
    before: rightmost(/(?:估值|评估价?|价值|市值|市价|总价|买的时候|买价|值|worth|valued at)[^\d]{0,4}$/iu),
    after: /^\s?(?:左右)?(?:的)(?:房|车|一套|商铺)/u,
  },
  {
    name: 'amount',
    before: rightmost(
      /(?:(?<![网房车还]|(?<!(?:申请|办理?|做|[想要][贷借]?)(?:一?[个笔])?)(?:微粒|网商|拍拍))贷(?!了)款?|(?:房|车|[一二])抵|(?<!放心|美团)借(?![呗条])款?|要|需要?|需求|申请|差(?!不多)|额度|金额|想办|批|融资|缺|周转|本金|loan|borrow|wants?|needs?|amount|apply for)[^\d]{0,6}$/iu,
    ),
    after:
      /^\s?(?:左右|以内)?\s?(?:的)?(?:贷款|额度|资金|周转|装修|经营|信用贷|抵押贷|进货|需求|缺口|[用借]款需求|融资需求|for\b|loan)/iu,
  },
];

/** 利息 500, 服务费 6000, 首付 80万, 奖金 2万, 年纳税 20万: amounts that are none of the facts; 工资加奖金2万 is an income. */
const OTHER_MEANING =
  /(?:(?:公司|企业|厂里?|店[里铺])年(?:收?入|收)|注册资[本金]|实缴|[旺淡]季(?=[是就只有大概约\s]*$)|面积|利息|日息|月息|利率|(?<!(?:工资|薪水?|收入|提成|salary|wages?|pay)\s?(?:加上?|和|跟|连|带|含|[+＋]|and|plus)?\s?)(?:年终奖?|奖金|分红|bonus)(?=(?:[一每]年|是|有|发|大概|约|了|of|[:：\s])*$)|利润|盈利|[净纯毛]利|profits?|手续费|服务费|中介费|佣金|罚息|逾期|纳税|[交缴]税|税额|(?<![缺差凑]个?)首付(?!还?[差缺])|down payment|\bmine is|\bsold|担保[了过]|借条)[^\d贷借]{0,4}$/iu;
/** 自己有20万: what is there already; 自己有20万资金需求 is the wish. */
const HAS = /(?:自己|本人|手里|手上|手头)(?:只|已经)?有(?:大概|大约|差不多|约|个|存款|现金|\s)*$/u;
const NEED =
  /^\s?(?:元|块)?(?:左右)?的?(?:资金|贷款|借款|用款|融资|周转|经营|消费|短期|过桥|资金周转)?的?(?:需求|缺口|需要)/u;
/** 还有200万按揭, 500k in the bank: the balance of another loan or an account, which no field of ours holds. */
const BALANCE_AFTER =
  /^\s?(?:的)?(?:房贷|车贷|按揭|mortgage\b| in (?:(?:the|his|her|my|a) )?(?:bank|account|savings|cash)\b| of (?:his|her|my|our|their) own\b| saved\b)/iu;
/** 房贷5千一个月, mortgage 6500 a month: the payment, which needs both words. */
const MORTGAGE = /(?:房贷|按揭|mortgage)[^\d]{0,4}$/iu;
/** 房贷120万 月供6500: what is paid for already. */
const MORTGAGE_LEFT = /(?:房贷|车贷|按揭)(?:还?有|总共|一共|大概|共|\s)*$/u;
const PAYS = /月供|在供|供着/u;
const EACH_MONTH = /^\s?(?:一个?月|每个?月|\/月|\/ ?mo(?:nth)?\b|(?:a|per|each|every) month|monthly)/iu;
/** 20万每年 is no loan either; 20万一年 may well be one. */
const EACH_YEAR = /^\s?(?:每年|\/年|(?:a|per|each|every) year|per annum|yearly|annually)/iu;
/** 一个月1万左右, 每年还有6万: nothing says what it is, but it comes again and again and is no loan. */
const MONTHLY_BEFORE =
  /(?:一个?月|每个?月|每月|月均|每年|monthly)(?:[是有能还供约发拿]|可以|大概|大约|差不多|平均|也就|基本|\s)*(?:[要得]?(?:给|寄|打|交|转)[\u4e00-\u9fa5]{0,6})?$/iu;
/** 月还3千以内, 最多能承受月供5000: what he can bear, not what he pays. */
const AT_MOST =
  /^\s?(?:以内|以下|之内|or less|左右?(?:都?可以|能)?(?:承受|接受|负担)|(?:都?可以|都?能)?(?:承受|接受|负担))/iu;
const BEARABLE =
  /(?:最多|最高|最大|顶多|至多|承受|接受|负担|控制|不(?:要|能)?超过?|别超过?|希望|理想|期望|预期|目标|(?:想|打算|计划)(?=每|月供|月还)|up to|at most|afford)[^\d,，。;；]{0,10}$/iu;
/** No cue stands further away; it also keeps a page full of numbers cheap to read. */
const CUE_REACH = 24;
/** 底薪四千，加提成一个月八九千: a part of what he earns is not his income. */
const BASE_PAY = /底薪(?![加和跟带连含+＋]上?(?:提成|奖金|绩效))[^\d]{0,5}$/u;
/** 朋友欠我5万 is no debt of his, 老板欠我工资3万 no income. */
const OWED_TO_HIM =
  /欠了?(?:我|他|她|客户|咱)们?[^\d贷借要需想]{0,4}$|\bow(?:es?|ed) (?:me|him|her|us|them)\b[^\d]{0,4}$/iu;
/** 信用卡还了3万, 没欠过20万: paid, or never owed. */
const PAID_BACK = /还(?:了|过|清了?|掉了?|完了?)[^\d]{0,2}$|(?:没有?|不)欠[^\d]{0,3}$/u;
/** 信用卡额度5万, 微粒贷3万额度: what he may borrow there. */
const CARD_LIMIT = /(?:信用卡|借呗|花呗|微粒贷|网商贷|白条|金条)[的有总]?额度[^\d贷借想要需]{0,4}$/u;
const LIMIT_AFTER = /^\s?的?额度/u;
/** 有20万贷款: one that runs as likely as the one he wants. */
const HAS_LOAN = /有(?:个|一?笔)?$/u;
const LOAN_AFTER = /^\s?(?:左右)?的?贷款?(?=$|[还没未在])/u;
const ON_TOP = /提成|奖金|绩效|分红/u;
/** 老婆月薪8000 is no income of the customer's. */
const PERSONAL: ReadonlySet<FactName> = new Set(['income', 'debt', 'fund']);
/** Below this a number without a cue is hardly the wanted loan. */
const SMALLEST_LOAN = fen(100_000);

/** 无网贷 20万: the sum is of something else. */
const DENIED_DEBT =
  /(?:没有?|无)(?:任何)?(?:负债|欠款|外债|网贷|信用卡|借呗|花呗|微粒贷|网商贷|白条)(?:记录)?[^\d欠]{0,3}$|(?:负债|外债|网贷|[借花]呗|微粒贷)[都也]?(?:没有|无)[^\d欠]{0,3}$|\b(?:no|without|zero) (?:other )?(?:credit card )?debts?[^\d]{0,3}$/iu;

/** Of several cues before the amount the nearest one speaks: 公积金贷 30万 is the loan, not the fund. */
function nearestCue(before: string): Role | undefined {
  let nearest: { readonly role: Role; readonly at: number } | undefined;
  for (const role of ROLES) {
    const at = role.before?.exec(before)?.groups?.['lead']?.length;
    if (at !== undefined && (nearest === undefined || at > nearest.at)) nearest = { role, at };
  }
  return nearest?.role.name === 'debt' && DENIED_DEBT.test(before) ? undefined : nearest?.role;
}

/** What is said between an income or a turnover and its sum: income of about 240k, 流水每月平均下来差不多50万. */
const HEDGE =
  /平均|下来|大概|大约|差不多|基本|一般|[一每]个?[年月]|税[前后]|不低于|至少|\b(?:used to be|of|is|was|in|for(?! turnover)|over|the|about|around|approximately|roughly|nearly|almost|some|an average|averag(?:es|ing)|comes to|amounts to|(?:before|after) tax|at least|more than|less than|close to|(?:and|plus|with|including) (?:bonus(?:es)?|commissions?)|(?:last|this|past|per|an?|each|every) (?:(?:half )?year|month|quarter)|20[12]\d|(?:last|past) (?:\d{1,2}|two|three|six|twelve) (?:months|years))\b|(?<!\bfor)\s/giu;

function cueOfEarned(before: string): Role | undefined {
  const role = nearestCue(before.replaceAll(HEDGE, ''));
  return role?.name === 'income' || role?.name === 'turnover' ? role : undefined;
}

/** 30万 月供6千2: a word that goes on to a number of its own names that one, unless it is glued to this one (5000月供 30万). */
function isCuedAfter(role: Role, after: string): boolean {
  const cue = role.after?.exec(after)?.[0];
  if (cue === undefined) return false;
  if (role.name === 'amount' || !NUMBER_NEXT.test(after.slice(cue.length))) return true;
  return !/^\s/u.test(cue) && /^\s/u.test(after.slice(cue.length));
}

const NUMBER_NEXT = new RegExp(`^[:：是为约大概\\s]*[\\d${NUMERAL_CHARACTERS}]`, 'u');

/** Whether a sum is there already, his to draw, or owed to him: 自己有20万, 信用卡额度5万, 朋友欠我5万. */
export function isHisOwn(text: string, { start, end }: Pick<MoneyMention, 'start' | 'end'>): boolean {
  const before = clauseBefore(text, start).slice(-CUE_REACH);
  return (
    OWED_TO_HIM.test(before) ||
    CARD_LIMIT.test(before) ||
    (HAS.test(before) && !NEED.test(clauseAfter(text, end).slice(0, CUE_REACH)))
  );
}

function roleOf(
  mention: Pick<MoneyMention, 'amount' | 'bare' | 'start' | 'end'>,
  text: string,
): { name: FactName; confidence: number } | undefined {
  const before = clauseBefore(text, mention.start).slice(-CUE_REACH);
  const after = clauseAfter(text, mention.end).slice(0, CUE_REACH);
  if (OTHER_MEANING.test(before) || isHisOwn(text, mention) || isPart(text, mention)) return undefined;
  if (isChangedFrom(text, mention)) return undefined;
  if (isChangedTo(clauseBefore(text, mention.start))) return roleOfChanged(text, mention);
  const isEachMonth = EACH_MONTH.test(after);
  if (!isEachMonth && MORTGAGE_LEFT.test(before) && PAYS.test(text)) return undefined;
  if (isEachMonth && MORTGAGE.test(before)) return isHisPayment(text, mention) ? PAYMENT : undefined;
  const cue = nearestCue(before) ?? cueOfEarned(clauseBefore(text, mention.start).slice(-2 * CUE_REACH));
  if (cue === undefined && BALANCE_AFTER.test(after)) return undefined;
  const role = cue ?? ROLES.find((row) => isCuedAfter(row, after));
  const earlier = role === undefined || role.name === 'amount' ? earlierLoan(text, mention) : undefined;
  if (earlier !== undefined) return roleOfEarlier(earlier, before);
  if (role && (isNotMeant(role.name, mention, text) || isNoMore(role.name, text, mention))) return undefined;
  if (role === undefined && isSaidOfNow(clauseBefore(text, mention.start), after)) {
    const earned = earnedBefore(text, mention);
    if (earned !== undefined) return earned === 'other' ? undefined : { name: earned, confidence: 0.95 };
  }
  if (role && !(cue === undefined && HAS_LOAN.test(before) && LOAN_AFTER.test(after)))
    return { name: role.name, confidence: 0.95 };
  return isByElimination(mention, text) ? { name: 'amount', confidence: 0.75 } : undefined;
}

/** Whether a sum that a word names is a part of what the word means, or only a wish. */
function isNotMeant(
  name: FactName,
  mention: Pick<MoneyMention, 'amount' | 'bare' | 'start' | 'end'>,
  text: string,
): boolean {
  const before = clauseBefore(text, mention.start).slice(-CUE_REACH);
  const after = clauseAfter(text, mention.end).slice(0, CUE_REACH);
  if (name === 'income' && BASE_PAY.test(before) && ON_TOP.test(text)) return true;
  if (name === 'debt' && (PAID_BACK.test(before) || LIMIT_AFTER.test(after))) return true;
  if (name === 'income' && !EACH_MONTH.test(after) && isFewOf(mention, before)) return true;
  if (PERSONAL.has(name) && isSumOfSomebodyElse(before)) return true;
  return name === 'monthlyPayment' && (AT_MOST.test(after) || BEARABLE.test(before));
}

/** Whether a sum that no word names can only be the wanted loan. */
function isByElimination(mention: Pick<MoneyMention, 'amount' | 'bare' | 'start' | 'end'>, text: string): boolean {
  const before = clauseBefore(text, mention.start).slice(-CUE_REACH);
  const after = clauseAfter(text, mention.end).slice(0, CUE_REACH);
  if (mention.bare || mention.amount < SMALLEST_LOAN) return false;
  if (EACH_MONTH.test(after) || EACH_YEAR.test(after) || MONTHLY_BEFORE.test(before)) return false;
  return !isBareSumOfSomebodyElse(before) && !isOwnPart(text, mention) && !wasEarned(before);
}

const PAYMENT = { name: 'monthlyPayment', confidence: 0.95 } as const;

function isHisPayment(text: string, { start, end }: Pick<MoneyMention, 'start' | 'end'>): boolean {
  return !isOnce(text, start) && !isMortgageOfSomebodyElse(text, { start, end });
}

/** Whether a sum of this meaning was his once, or is somebody else's. */
function isNoMore(name: FactName, text: string, mention: Pick<MoneyMention, 'start' | 'end'>): boolean {
  if (name === 'turnover') return isOfTradeOfSomebodyElse(text, mention.start) || isEarnedNoMore(text, mention, true);
  if (name === 'income') return isEarnedNoMore(text, mention);
  if (name === 'monthlyPayment') return !isHisPayment(text, mention);
  return (name === 'fund' || name === 'debt') && isOnce(text, mention.start);
}

/** What is still owed of another loan is a debt, whatever else is told of one no fact at all. */
function roleOfEarlier(
  earlier: ReturnType<typeof earlierLoan>,
  before: string,
): { name: FactName; confidence: number } | undefined {
  return earlier === 'owed' && !isSumOfSomebodyElse(before) ? { name: 'debt', confidence: CERTAIN } : undefined;
}

const OWN_PART = /^\s?(?:而|那)?(?:我|他|她|客户)?(?:自己|本人)(?:的|是|有|也|只|就|大概|差不多|才)*\s?$/u;

/** 老婆月入一万，自己八千: what he earns besides her, though no word says so again. */
function isOwnPart(text: string, { start }: Pick<MoneyMention, 'start'>): boolean {
  const clause = clauseBefore(text, start);
  if (!OWN_PART.test(clause)) return false;
  const lead = text.slice(Math.max(0, start - clause.length - 1 - CUE_REACH), Math.max(0, start - clause.length - 1));
  const sum = findMoney(lead).at(-1);
  if (!sum) return false;
  const before = clauseBefore(lead, sum.start);
  return nearestCue(before)?.name === 'income' || isBareSumOfSomebodyElse(before);
}

/**
 * 以前月薪5万，现在2万: what the sum before says that this one is. `other`: earned as well, but over a time that is not told
 * again (以前一年挣50万，现在20万).
 */
function earnedBefore(
  text: string,
  { start, end }: Pick<MoneyMention, 'start' | 'end'>,
): FactName | 'other' | undefined {
  const clause = clauseBefore(text, start);
  const lead = text.slice(0, Math.max(0, start - clause.length - 1)).slice(-2 * CUE_REACH);
  const sum = findMoney(lead).at(-1);
  const before = sum && clauseBefore(lead, sum.start);
  if (!sum || before === undefined || isSumOfSomebodyElse(before)) return undefined;
  const { name } = nearestCue(before) ?? cueOfEarned(before) ?? {};
  if (name !== 'income' && name !== 'turnover') return undefined;
  if (findPeriods(clause + clauseAfter(text, end)).length > 0) return name;
  return keptAmount(name, sum.amount, sum, lead) === sum.amount ? name : 'other';
}

/** 想把月供降到5000 */
const HOPED = /想|希望|打算|准备|能|可以|\b(?:wants?|hopes?|like)\b/iu;

/** 月薪从2万降到8000: the later sum is what the words before both of them say; a month's if they name no other time. */
function roleOfChanged(
  text: string,
  { start }: Pick<MoneyMention, 'start'>,
): { name: FactName; confidence: number } | undefined {
  const own = clauseBefore(text, start);
  const isOwn = nearestCue(own.slice(-CUE_REACH)) !== undefined || findMoney(own).length > 0;
  const lead = isOwn ? own : text.slice(Math.max(0, start - 2 * CUE_REACH), start);
  const sum = findMoney(lead).at(-1);
  const before = sum ? clauseBefore(lead, sum.start) : lead;
  const { name } = nearestCue(before.replace(/[从由]\s?$/u, '').slice(-CUE_REACH)) ?? cueOfEarned(before) ?? {};
  if (name === undefined || isSumOfSomebodyElse(before)) return undefined;
  if (name !== 'amount' && HOPED.test(before)) return undefined;
  const isOther = sum !== undefined && keptAmount(name, sum.amount, sum, lead) !== sum.amount;
  return isOther || isNoMore(name, text, { start, end: start }) ? undefined : { name, confidence: 0.95 };
}

/** He makes 3 trips. */
function isFewOf({ amount, bare }: Pick<MoneyMention, 'amount' | 'bare'>, before: string): boolean {
  return bare && amount < SMALLEST_LOAN && /\bmakes[^\d]{0,5}$/iu.test(before);
}

/** 想贷30个: the trade's word for 万, and also for pieces of anything. */
const COUNTED = new RegExp(
  `(?<![\\d.${NUMERAL_CHARACTERS}])(?:\\d{1,4}|[${NUMERAL_CHARACTERS}]{1,4})\\s?个(?=[,，。;；!！?？\\s]|左右|周转|装修|$)`,
  'gu',
);

/** Words between a field's name and what is added to it or taken off. */
const DIFFERENCE_WORDS =
  '(?:(?:(?:^|[,，。;；\\s])(?:那|就|还)?(?:想|要)?(?:再|多)?(?:多?加|增加|减少?|降低?)|(?:金额|额度|贷款额?|需求)(?:上|再|多|要|想|需要)*(?:加|增加|提高|减少?|降低?|少|多)|再多?加|再减|多加|多贷|少贷|多借|少借|加多|加大|调高|调低)(?:了|个)?\\s?)';
/** 金额多加5万, 再加5万: a difference to an amount that stands elsewhere, itself none of the facts. */
const DIFFERENCE = new RegExp(`${DIFFERENCE_WORDS}$`, 'u');

/** Amounts with their meaning; what is denied ("不是30万"), taken back or without a meaning here is left out. */
export function extractMoney(text: string): Findings {
  const ranges = findMoneyRanges(text);
  let facts: readonly Fact[] = ranges.flatMap((range) => rangeFacts(range, text));
  let problems: Problem[] = countedAmounts(text);
  for (const mention of findMoney(text)) {
    const span = { start: mention.start, end: mention.end };
    const before = text.slice(0, mention.start);
    if (/(?:不是|不要|别贷)\s?$/u.test(before)) continue;
    if (ranges.some((range) => span.start < range.end && range.start < span.end)) continue;
    if (isDifference(before, text.slice(mention.end))) {
      problems.push({ name: 'amount', code: 'money_difference', ...span });
      continue;
    }
    const own = roleOf(mention, text);
    const corrects = takesBack(text, mention.start);
    const replaced = corrects ? replacedBy(mention, text, own, [...facts, ...problems]) : undefined;
    facts = facts.filter((fact) => fact !== replaced);
    problems = problems.filter((problem) => problem !== replaced);
    const role = corrects ? certain(replaced ?? own) : own;
    if (!role) continue;
    const amount = keptAmount(role.name, mention.amount, span, text);
    if (role.name === 'amount' && lacksUnit(mention) && text.slice(mention.start - 1, mention.start) !== '-')
      problems.push({ name: 'amount', code: 'money_unit', ...span });
    else if (amount !== undefined) facts = [...facts, { ...role, value: formatYuan(amount), ...span }];
  }
  facts = withoutSeveralDebts(preferCertain(facts, text), text);
  return { facts, problems: facts.some((fact) => fact.name === 'amount') ? [] : problems };
}

function isDifference(before: string, after: string): boolean {
  return DIFFERENCE.test(before) && /^\s?(?:$|[,，。;；!！\s]|吧|左右|块|元)/u.test(after);
}

/** Both ends, with the meaning of the words around the range: an income from 8000 to 1万 is never the wanted loan. */
function rangeFacts({ low, high, start, end, bare }: MoneyRange, text: string): readonly Fact[] {
  const role = roleOf({ amount: low, start, end, bare }, text);
  if (!role) return [];
  const [from, to] = [low, high].map((bound) => keptAmount(role.name, bound, { start, end }, text));
  if (from === undefined || to === undefined || from >= to) return []; // 去年收入2到4万: both or none
  return [from, to].map((bound) => ({ ...role, value: formatYuan(bound), start, end }));
}

/** An income as a month's, a turnover as a year's; `undefined` where the words give neither. */
function keptAmount(
  name: FactName,
  amount: Fen,
  { start, end }: { readonly start: number; readonly end: number },
  text: string,
): Fen | undefined {
  const per = KEPT_PER.get(name);
  if (per === undefined) return amount;
  return perPeriod(amount, per, text, { start, end });
}

/** Who says 不对 means what comes next, whether or not a word names it. */
function certain(role: { readonly name: FactName } | undefined): { name: FactName; confidence: number } | undefined {
  return role && { name: role.name, confidence: CERTAIN };
}

/** Of what was written before, the last amount that a new one after 不对 can stand for: of its own meaning if it has one. */
function replacedBy<T extends { readonly name: FactName; readonly end: number }>(
  mention: MoneyMention,
  text: string,
  own: { readonly name: FactName } | undefined,
  earlier: readonly T[],
): T | undefined {
  const named = nearestCue(clauseBefore(text, mention.start).slice(-CUE_REACH)) !== undefined;
  return earlier
    .filter((fact) => fact.end <= mention.start && (!named || fact.name === own?.name))
    .toSorted((a, b) => a.end - b.end)
    .at(-1);
}

function countedAmounts(text: string): Problem[] {
  if (!text.includes('个')) return [];
  return matchesOf(text, COUNTED)
    .filter((match) => nearestCue(clauseBefore(text, match.index).slice(-CUE_REACH))?.name === 'amount')
    .map((match) => ({ name: 'amount', code: 'money_unit', start: match.index, end: match.index + match[0].length }));
}

/** 微粒贷借了3万: how much of it is left nobody knows. */
const BORROWED_BY_APP = /(?:网贷|[借花]呗|微粒贷|网商贷|白条|信用卡)[^\d,，。;；\n]{0,3}[借贷]了/gu;

/** 借呗2万，花呗1万: what he owes is none of the two. */
function withoutSeveralDebts(facts: readonly Fact[], text: string): readonly Fact[] {
  const debts = facts.filter((fact) => fact.name === 'debt');
  const isFurther = matchesOf(text, BORROWED_BY_APP).some(
    ({ index, 0: words }) => !debts.some(({ start }) => start >= index && start - index <= words.length),
  );
  const isOne = !isFurther && new Set(debts.map((fact) => fact.start)).size < 2;
  return isOne ? facts : facts.filter((fact) => fact.name !== 'debt');
}

/**
 * When the text names an amount outright, amounts read by elimination are dropped, except one that stands as a word of its own
 * (80万 老婆… 也想贷20万): which of the two is meant is for the person to say.
 */
function preferCertain(facts: readonly Fact[], text: string): readonly Fact[] {
  const named = facts.some((fact) => fact.name === 'amount' && fact.confidence >= CERTAIN);
  if (!named) return facts;
  return facts.filter((fact) => fact.name !== 'amount' || fact.confidence >= CERTAIN || standsAlone(fact, text));
}

function standsAlone({ start, end }: Fact, text: string): boolean {
  if (/(?:房(?:子|产)?|[楼车铺]|住宅|公寓|红本|全款|按揭)\s*$/u.test(text.slice(0, start))) return false; // 红本房 300万: what it is worth
  // Between English words every sum has a space before it
  return (
    /(?:^|[,，。;；\ue000]|(?<![A-Za-z])\s)$/u.test(text.slice(0, start)) &&
    /^(?:[\s,，。;；\ue000]|$)/u.test(text.slice(end))
  );
}
