/** What the money is for, as a code (locale key `flows.purpose.<code>`). */
import type { Fact } from './fact.ts';
import { matchesOf } from '../../../lib/matches.ts';
import { withoutTakenBack } from './retraction.ts';

interface PurposeWords {
  readonly code: string;
  readonly pattern: RegExp;
}

/** The purposes the product knows; the order decides when one stretch of text fits two. */
const PURPOSES: readonly PurposeWords[] = [
  {
    code: 'refinance',
    pattern:
      /还(?:信用卡|网贷|债|其他贷款)|债务(?:重组|优化)|置换|转贷|(?<!没有?|不用?)过桥|(?<!工地|工程|项目)垫资|refinanc\w*|\b(?:pay|paying|clear|clearing) (?:off |back |down )?(?:(?:my|his|her|the|some|a|old|other) )*(?:credit cards?|debts?)/giu,
  },
  {
    code: 'renovation',
    pattern:
      /装修(?!公司|工|队|行业)|翻新|renovat\w*|remodel\w*|\bredo(?:ing)? (?:the|my|our|his|her) (?:kitchen|bathroom|flat|house|home)/giu,
  },
  {
    code: 'home',
    pattern:
      /(?:买|购)(?:一?套)?(?:房|商铺|公寓)(?!子?了)|(?<!出了?的?|[付交]了)付?首付(?!了|已)|buy(?:ing)? a (?:house|flat)|(?<!looking )for (?:a|the) (?:new |second )?(?:house|flat|home|apartment)(?! loan)/giu,
  },
  {
    code: 'car',
    pattern:
      /(?:买|购|换|提)(?:一?(?:辆|台|部))?(?:二手的?|新)?(?:小?货|面包|卡|电动|小汽|轿|拖)?车(?![位库险票])|buy(?:ing)? a car|for (?:a|the) (?:new )?car(?! loan)/giu,
  },
  {
    code: 'education',
    pattern:
      /学费|留学|教育|(?<!(?<![给供送为][\u4e00-\u9fa5]{0,4})在(?:(?![给供送让帮为])[\u4e00-\u9fa5\ue000]){0,6}|已经|正)上学(?!了)|(?<!(?<![给供送为][\u4e00-\u9fa5]{0,4})在(?:(?![给供送让帮为])[\u4e00-\u9fa5\ue000]){0,6})读书(?!了)|培训费|tuition|school fees/giu,
  },
  { code: 'medical', pattern: /看病|医疗|手术|治病|住院|medical/giu },
  {
    code: 'wedding',
    pattern: /(?<!没|未|已|刚)(?:结婚(?!了|证|多|\d|[一二三四五六七八九十]年)|婚礼|办婚事|彩礼)|wedding/giu,
  },
  { code: 'travel', pattern: /旅游(?!公司|行业)|旅行(?!社)|travel/giu },
  { code: 'investment', pattern: /炒股|(?<!万在)股市|理财|投资(?!公司|人|款)|炒币/gu },
  {
    code: 'business',
    pattern:
      /(?<!不)做(?:点|个)?小?(?:生意|买卖)用|(?:用于|用来|拿来|拿去)做(?:点|个)?小?(?:生意|买卖)|进(?:一?[批些点])?新?货|备货|货款|扩(?:店|张|大|产)|开(?:新|分)店|(?:给员工|给工人|用于|用来)发工资|采购|(?:生产|公司|店铺?|企业|用于|用来|做|拿来)经营|经营(?=用|周转|使用|需要|资金|$|[,，。\s])(?!贷)|买设备|(?<=for (?:my |his |her |our |the )?)business|business (?:purposes?|expansion|needs)|stock purchase/giu,
  },
  {
    code: 'turnover',
    pattern:
      /周转|流动资金|资金紧张|(?<!不是|非)应急(?=用|$|[,，。;；!！\s\ue000])|(?:工地|工程|项目)垫资|(?<=for )turnover|turnover(?! (?:(?:of|is|was|about|around|approximately|roughly|nearly|over|at least|more than|some) ){0,3}[\d\ue000])|cash ?flow|working capital/giu,
  },
  { code: 'consumption', pattern: /消费(?!贷)|日常开销|家用|买家电|shopping/giu },
];

/** All purpose codes, for choices and checks. */
export const PURPOSE_CODES: readonly string[] = PURPOSES.map((purpose) => purpose.code);

/** 不是装修是开餐馆: what it is not for. */
const DENIED = /(?:(?<!是)不是|并非|不用于|不用来|不拿来)(?:为了|用于|用来|拿来|做|搞|要)?$/u;
/** 首付要40万 tells of a plan, which the loan need not be for: it answers the question and changes no answer. */
const PLAN = /^付?首付$/u;
const CUE = /(?:用途|用于|用来|拿来|拿去|想|要|去|做|是|为了|for)[:：\s是为]{0,3}$/iu;

/** The purpose the sentence gives: the one after a cue (用于…), otherwise the first one named; of 周转改装修 the later one. */
export function extractPurpose(text: string): readonly Fact[] {
  const found: Fact[] = [];
  for (const { code, pattern } of PURPOSES) {
    for (const match of matchesOf(text, pattern)) {
      const span = { start: match.index, end: match.index + match[0].length };
      const isTaken = found.some((fact) => fact.start < span.end && span.start < fact.end);
      if (isTaken || DENIED.test(text.slice(0, match.index))) continue;
      const cued = CUE.test(text.slice(0, match.index));
      const sure = PLAN.test(match[0]) ? 0.85 : 0.9;
      found.push({ name: 'purpose', value: code, ...span, confidence: cued ? 0.95 : sure });
    }
  }
  const ordered = withoutTakenBack(text, found).toSorted((a, b) => b.confidence - a.confidence || a.start - b.start);
  return ordered.slice(0, 1);
}

/** 开餐馆, 想开个服装店: as an answer it is what the money is for, in a sentence rather what he does. */
const OPENS_BUSINESS =
  /^(?:想|要|准备|打算|用来|拿来|去)*(?:开|办|盘)(?:一?[个家间])?[\u4e00-\u9fa5]{0,6}(?:店|馆|厂|公司|餐厅|铺子?|档口|工作室)(?:用|的)?$/u;

/** A purpose typed as an answer; `undefined` when no code fits. */
export function parsePurpose(text: string): string | undefined {
  const trimmed = text.trim();
  const fact = extractPurpose(trimmed)[0];
  if (fact) return String(fact.value);
  return trimmed === '经营' || trimmed === '做生意' || OPENS_BUSINESS.test(trimmed)
    ? 'business'
    : PURPOSE_CODES.find((code) => code === trimmed.toLowerCase());
}
