/** Houses and cars: whether there is one, and whether it is paid off (full), mortgaged, or pledged. */
import { labelledAssets } from './asset-label.ts';
import type { Fact } from './fact.ts';
import { blank } from './normalise.ts';
import { matchesOf } from '../../../lib/matches.ts';
import { isOfSomebodyElse, isSomebodyElses } from './somebody-else.ts';

interface AssetWords {
  readonly asset: 'house' | 'car';
  readonly status: 'houseStatus' | 'carStatus';
  /** Words that say that there is one. */
  readonly owned: RegExp;
  readonly denied: RegExp;
  /** Looks like one but is a wish or a product. */
  readonly other: RegExp;
  /** Behind it: it is sold, given away or taken. */
  readonly gone: RegExp;
}

/** 以前有套房, he used to own a flat: said of what there was. */
const ONCE_OWNED =
  /(?:原来|原先|以前|之前|从前|曾经|早先)(?:是|也|还|都|倒|我|他|她|客户|一直|确实)*(?:名下)?(?:也|都|一直)?$|\bused to (?:have )?$|\b(?:previously|formerly) $/iu;
/** 一直没房，现在有房: between what there was not and what there is. */
const NOW = /(?:现在|目前|如今)(?:我|他|她|客户|已经?|也|才|刚|自己|名下|倒)*$|\bnow,? (?:(?:he|she|i|we|also) )?$/iu;
/** 名下原来有房 */
const ONCE_INSIDE = /原来|原先|以前|从前|曾经/u;

/** 卖了罗湖那套房; 卖了一套还有一套房 tells of another one. */
const SOLD_BEFORE =
  /(?<![想要准备算等]把?)(?:卖|出售|变卖|转让)(?:了|掉了?|出去了?)(?:(?![还有买换又])[\u4e00-\u9fa5]){0,8}$|\bsold (?:(?:my|his|her|their|our|the|an?|old|other|only) ){0,2}$/iu;
/** 想把房子卖了: it is still there. */
const PLANNED = /(?:想|要|准备|打算|等)(?:把[^\s,，。;；]{0,10})?$/u;

function gone(noun: string): RegExp {
  const when =
    '(?:去年|前年|今年|前几年|早年|\\d{2,4}年|[上这]个?月|最近|后来|之前|已经?|早?就|早(?!就)|刚|都|也|全|现在|但是?|不过|可是?|我|他|她|给|把|让)*';
  const fate =
    '(?:(?:被(?:银行|法院)?|银行|法院)(?:收(?:了(?!租)|回|去|掉)|查封|执行)了?|被?(?:银行|法院)?(?:法拍|拍卖|拍掉|收走|没收)了?|(?:卖|转|出售|变卖)(?:了|掉了?|出去了?)(?![一两二\\d][套辆台栋处])|没了|被?拆迁?了|归[他她]了?(?=[,，。;；\\s]|$)|还?在(?:打官司|分割|走法院)|(?:(?:过户|分|判|送|转|让|卖)给|归|给(?=[\\u4e00-\\u9fa5]{2}了)|给了|归了)了?(?:前[妻夫]|老[婆公]|孩子|儿子|女儿|女方|男方|对方|朋友|别人|父母|弟弟|哥哥|亲戚)|[^\\s,，。;；]{0,6}[,，]?净身出户)';
  return new RegExp(
    `^(?:[是也都]?在[\\u4e00-\\u9fa5]{2,8})?[,，\\s]{0,2}(?:离婚(?:时|的时候|后|以后)?[,，\\s]?)?(?:${noun})?${when}${fate}|^(?: in [a-z]{2,20})?,? ?(?:but |and |which |that |it |they |he |she |i |we |was |were |been |already |since |got |have |had |has )*(?:(?:sold|foreclosed|auctioned|repossessed)(?= (?:it|that|them|off|last|in|at|by|already|this|two|\\d)\\b|\\s*(?:[,.;!\ue000]|$)))`,
    'iu',
  );
}

const ASSETS: readonly AssetWords[] = [
  {
    asset: 'house',
    status: 'houseStatus',
    owned:
      /有(?:一|两|二|三|1|2|3)?(?:套|个|处|栋)?(?:按揭|全款|红本|商品)?(?:房(?:子|产)?(?!贷)|住宅|公寓|商铺|写字楼)|名下[^,，。;；]{0,6}房|(?:一|两|1|2)套[^,，。;；]{0,6}房|房(?:子|产)(?!抵)|的房(?:子|产)?(?=[,，。\s]|$)|房(?=是?(?:全款|按揭))|按揭房|全款房|红本房|商品房|自住房|(?:owns?|owning) (?:an?|his|her|their|my|our) (?:own )?(?:flat|house|apartment|condo)|(?:有|has|have) ?an? (?:flat|house|apartment|condo)|mortgaged (?:flat|house|apartment|condo|home)|(?:flat|house|apartment|condo)(?: in [a-z]{2,20})? (?:with (?:(?:a|the) )?mortgage|worth)|(?<=^|[,，;；] ?)(?:an? )?(?:flat|house|apartment|condo) in [a-z]{2,20}|(?:own|owns|have|has) (?:[2-9]|two|three) (?:flats|houses|apartments|condos)|(?<!\w )[2-9] (?:flats|houses|apartments|condos)|(?:my|our|his|her|their) (?:own )?(?:flat|house|apartment|condo|home)(?= (?:is |has |still )*(?:an? )?(?:mortgage|paid off|fully paid))|no mortgage on (?:the|his|her|my) (?:flat|house|apartment|condo)|(?<=\bmortgage[a-z: ]{0,12}[$¥]?[\d,.]{3,12}k?\s?(?:\/\s?mo(?:nth)?|(?:an?|per|each|every) month|monthly)? on (?:(?:an?|the|my|his|her|their|our) )?)(?:flat|house|apartment|condo|home)\b|(?<=房[^。;；\n]{0,12})(?:还有|还?剩下?|另有)[一两二三1-3]套(?=[,，。;；\s]|$|在|[是也]?(?:按揭|全款|红本|月供))|(?<=[\u4e00-\u9fa5])[这那]套(?=(?:现在|目前|是|在|还)*(?:按揭|全款|月供|红本|有贷款|供))/giu,
    denied:
      /(?:没有?|无|名下无|没得)(?:任何)?(?:自己的)?(?:房(?!贷)(?:子|产)?|住房)(?!子?没(?!有?车))|无房(?!贷)|房车?(?:子|产)?(?:也|都)?没有|no (?:house|flat|property)/giu,
    other:
      /(?:买|购|看|租|换)(?:了?一?套)?(?:房|商铺|公寓)|房(?:子|产)?(?:是|在)(?:老公|老婆|父母|爸妈|家人|亲戚|别人|公司)[^,，。]{0,4}|(?:厂房|房子?)(?:也|都|是)*租(?!出|给|掉)的?|(?<![有娶]|[和跟与同及、][我他她]?的?)(?:老公|老婆|妻子|丈夫|父母|爸妈|父亲|母亲|朋友|亲戚|别人)(?:名下)?(?:也|都|还)?(?:有|的|带来?|陪嫁)[^,，。;；\s车]{0,6}?(?:房(?:子|产)?|商铺|公寓)|(?:wife|husband|spouse|parents?|father|mother|brother|sister|friend|boss|company)(?:'s)? (?:own|owns|has|have) an? (?:mortgaged )?(?:flat|house|apartment|condo)|(?:buy(?:ing)?|rent(?:s|ing|ed)?|for|want(?:s|ing)?) (?:an? |the )?(?:new |second )?(?:mortgaged )?(?:flat|house|apartment|condo|home)(?: with (?:a|the) mortgage)?/giu,
    gone: gone('(?:这|那|个|套|的)*(?:房(?:子|产)?|产|公寓|商铺)?'),
  },
  {
    asset: 'car',
    status: 'carStatus',
    owned:
      /有(?:一|两|1|2)?(?:辆|部)[A-Za-z0-9\u4e00-\u9fa5]{1,6}|有(?:一|两|二|1|2)?(?:辆|台|部)?(?:按揭|全款)?(?:[A-Za-z\u4e00-\u9fa5]{0,4}?)?车(?!贷|位|间|库|险|行)|名下[^,，。;；房]{0,6}车(?!贷|位|库|行)|按揭车|全款车|车子|(?:一|1|两|2)(?:辆|台|部)[^,，。;；]{0,5}?车?(?=[,，。;；\s]|$)|车(?=(?:是|还在|在)?(?:全款|按揭))|(?:has|owns) an? car(?! loan)/giu,
    denied: /(?:没有?|无|名下无)(?:自己的)?车(?!贷|位)(?:子)?|无车(?!贷)|车(?:也|都)?没有|no car/giu,
    other:
      /(?:买|购|换|租|提)(?:了?一?(?:辆|台))?[^,，。;；]{0,3}车|(?<![有娶]|[和跟与同及、][我他她]?的?)(?:老公|老婆|妻子|丈夫|父母|爸妈|父亲|母亲|朋友|亲戚|别人|公司)(?:名下)?(?:也|都|还)?(?:有|的)[^,，。;；\s房]{0,6}?车|(?:wife|husband|spouse|parents?|father|mother|brother|sister|friend|boss|company)(?:'s)? (?:own|owns|has|have) an? car/giu,
    gone: gone('(?:这|那|个|辆|的)*(?:车(?:子|辆)?)?'),
  },
];

const STATUSES: readonly { readonly value: string; readonly pattern: RegExp }[] = [
  {
    value: 'full',
    pattern:
      /全款|(?:无|没有?)(?:贷款|按揭|抵押)|红本(?:在手)?|(?:贷款|按揭|房贷|车贷)?(?:已|都|也)?(?:还|结|付)清了?|paid off|outright|no mortgage|mortgage[- ]free/giu,
  },
  { value: 'pledged', pattern: /(?:抵押(?:过|了|给|中|在)|已抵押|被抵押|做过抵押)(?![^。;；\n]{0,20}(?:解押|解除))/gu },
  {
    value: 'mortgage',
    pattern: /按揭|房贷|车贷|(?<!现有)(?:还|在)(?:有|供|还)(?:着|房)?贷款?|月供|供着|在供|mortgage/giu,
  },
];

const SEVERAL = /[两二三四五2-9](?:套|栋|处|辆|台|部)|(?:[2-9]|two|three) (?:flats|houses|apartments|condos|cars)/iu;

/** 没房，按揭 says that there is none and that it is being paid off: whoever says so is asked. */
const CONTRADICTED =
  /^[\s,，、;；]{1,2}(?:但是?|可是?|不过|[还正在有])*(?:按揭|供)(?:中|着|呢|的)?(?=[\s,，。;；!！]|$)/u;
const REACH = 16;
/** What became of it stands no further behind. */
const FATE_REACH = 48;

interface Mention {
  readonly start: number;
  readonly end: number;
}

function mentions(text: string, pattern: RegExp): readonly Mention[] {
  return matchesOf(text, pattern).map((match) => ({ start: match.index, end: match.index + match[0].length }));
}

function overlaps(a: Mention, b: Mention): boolean {
  return a.start < b.end && b.start < a.end;
}

interface FoundAsset extends Mention {
  readonly words: AssetWords;
}

/** Assets the person says there are or are not, with their status where the text gives one. */
export function extractAssets(text: string): readonly Fact[] {
  const facts: Fact[] = [];
  const found: FoundAsset[] = [];
  let rest = text;
  // Twice, since a label may begin where another one ends: 车有房无.
  for (const words of [...ASSETS, ...ASSETS]) {
    const labels = labelledAssets(rest, words.asset);
    for (const { owned, answer, start, end } of labels) {
      if (
        owned === undefined ||
        (owned && isSomebodyElses(rest, { start, end })) ||
        facts.some((fact) => fact.name === words.asset)
      )
        continue;
      facts.push({ name: words.asset, value: owned, start, end, confidence: 0.95 });
      const status = owned ? statusIn(answer) : undefined;
      if (owned) found.push({ start, end, words });
      if (status !== undefined) facts.push({ name: words.status, value: status, start, end, confidence: 0.95 });
    }
    rest = blank(rest, labels);
  }
  for (const words of ASSETS) {
    if (facts.some((fact) => fact.name === words.asset)) continue;
    const { denied, owned } = mentionsOf(words, rest);
    const first = denied[0] ?? owned[0];
    if (!first) continue;
    const fact = { name: words.asset, ...first, confidence: 0.92 };
    facts.push({ ...fact, value: denied.length === 0 });
    if (denied.length === 0) found.push(...owned.map((mention) => ({ ...mention, words })));
    else if (found.length === 0 && CONTRADICTED.test(rest.slice(first.end, first.end + REACH)))
      facts.push({ ...fact, value: true });
  }
  const told = facts.map((fact) => fact.name);
  return [...facts, ...statuses(rest, found).filter((fact) => !told.includes(fact.name))];
}

/** Where the customer says that he has none or one; what is somebody else's, a wish or a product is neither. */
function mentionsOf(
  words: AssetWords,
  text: string,
): { readonly denied: readonly Mention[]; readonly owned: readonly Mention[] } {
  const told = mentions(text, words.denied);
  const others = [...told, ...mentions(text, words.other)];
  const owned = mentions(text, words.owned).filter(
    (mention) =>
      !others.some((other) => overlaps(mention, other)) &&
      !isSomebodyElses(text, mention) &&
      !isGone(words, text, mention),
  );
  const denied = told.filter(({ start }) => !isOfSomebodyElse(text, start) && !isOnce(text, start));
  return { denied: owned.some(({ start }) => NOW.test(text.slice(denied.at(-1)?.end, start))) ? [] : denied, owned };
}

/** 以前没房, 原来有房: said of another time. */
function isOnce(text: string, start: number): boolean {
  return ONCE_OWNED.test(text.slice(Math.max(0, start - REACH), start));
}

/** 房子卖了, 名下原来有房: whether there is another one nobody says. */
function isGone({ gone: fate }: AssetWords, text: string, { start, end }: Mention): boolean {
  return (
    isOnce(text, start) ||
    ONCE_INSIDE.test(text.slice(start, end)) ||
    SOLD_BEFORE.test(text.slice(Math.max(0, start - REACH), start)) ||
    (fate.test(text.slice(end, end + FATE_REACH)) && !PLANNED.test(text.slice(Math.max(0, start - REACH), start)))
  );
}

const HOUSE_IN = /(?:房(?:子|产)?|公寓|商铺)[是也都]?在$|\b(?:flat|house|apartment|condo|home|place) in $/iu;
const HOUSE_BEHIND =
  /^[市区县]?(?:那边|那里)?(?:[有的那这一两套老旧小个处间]|名下|自己)*(?:小产权房?|房(?:子|产)?|套|公寓|商铺|老宅)|^ (?:flat|house|apartment|condo|home|place)\b/iu;
const SOLD_IN_ENGLISH = /\bsold (?:[a-z]+ ){1,3}(?:flat|house|apartment|condo|home|place) in $/iu;

/** Whether a place is where a house was that is sold or given away: 罗湖的房子卖了, sold his flat in Luohu. */
export function isOfGoneHouse(text: string, { start, end }: Mention): boolean {
  const before = text.slice(Math.max(0, start - REACH * 2), start);
  if (SOLD_IN_ENGLISH.test(before)) return true;
  if (HOUSE_IN.test(before)) return isLost(text, { start: start - 1, end });
  const house = HOUSE_BEHIND.exec(text.slice(end, end + FATE_REACH))?.[0];
  if (house === undefined) return false;
  const behind = end + house.length;
  return SOLD_BEFORE.test(before) || isOnce(text, start) || isLost(text, { start, end: behind });
}

function isLost(text: string, { start, end }: Mention): boolean {
  const after = text.slice(end, end + FATE_REACH);
  if (PLANNED.test(text.slice(Math.max(0, start - REACH), start))) return false;
  return ASSETS.some(({ asset, gone: fate }) => asset === 'house' && fate.test(after));
}

/** The status that the answer behind a label gives; there 贷款 alone means a mortgage. */
function statusIn(answer: string): string | undefined {
  const told = STATUSES.find(({ pattern }) => mentions(answer, pattern).length > 0)?.value;
  return told ?? (answer.includes('贷款') ? 'mortgage' : undefined);
}

/** Each status word belongs to the asset of its own clause, else to the last asset named before it. */
function statuses(text: string, found: readonly FoundAsset[]): readonly Fact[] {
  const facts: Fact[] = [];
  const taken: Mention[] = [];
  for (const { value, pattern } of STATUSES) {
    for (const mention of mentions(text, pattern)) {
      if (taken.some((other) => overlaps(other, mention))) continue;
      taken.push(mention);
      const owner = ownerOf(text, mention, found);
      if (!owner) continue;
      // One house, one status: what is said first in the order above. Of several each may have its own, and nobody is guessed.
      if (!SEVERAL.test(text) && facts.some((fact) => fact.name === owner.words.status)) continue;
      facts.push({ name: owner.words.status, value, ...mention, confidence: 0.9 });
    }
  }
  return facts;
}

function ownerOf(text: string, status: Mention, found: readonly FoundAsset[]): FoundAsset | undefined {
  const word = text.slice(status.start, status.end);
  if (/车贷/u.test(word)) return found.find((asset) => asset.words.asset === 'car');
  if (/房贷|月供/u.test(word)) return found.find((asset) => asset.words.asset === 'house');
  const sameClause = found.filter((asset) => !/[,，。;；\n]/u.test(between(text, asset, status)));
  const near = [...sameClause].sort((a, b) => distance(a, status) - distance(b, status))[0];
  return near ?? found.findLast((asset) => asset.end <= status.start);
}

function between(text: string, a: Mention, b: Mention): string {
  return a.end <= b.start ? text.slice(a.end, b.start) : text.slice(b.end, a.start);
}

function distance(a: Mention, b: Mention): number {
  return Math.max(0, b.start - a.end, a.start - b.end);
}
