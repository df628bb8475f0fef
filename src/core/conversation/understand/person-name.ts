/** Names of people: 何女士, 王总, 老李 (honorific or nickname), 客户李伟 (after a cue), or a name standing alone (李伟 138…). */
import type { Fact } from './fact.ts';
import { ADDRESSED_SURNAMES, EVERYDAY_SURNAMES, NOT_NAMES, SURNAMES } from './person-name-data.ts';
import { extractLatinNames, isLatinName, withoutLeadIn } from './latin-name.ts';
import { toSimplified } from './normalise.ts';
import { matchesOf } from '../../../lib/matches.ts';

const HONORIFIC =
  '女士|先生|小姐|太太|老板娘|老板|老师|总(?!共|计|价|额|公司|是|行|经理|体|数|得)|总经理|经理|医生|大哥|大姐|阿姨|师傅|哥|姐|叔|工(?=[,，。\\s]|$)';
const GIVEN = '[\\u4e00-\\u9fa5]{0,2}?';
// A class of characters is looked up, an alternation of two hundred is tried one by one.
const SURNAME = [
  ...SURNAMES.filter((surname) => surname.length > 1),
  `[${SURNAMES.filter((surname) => surname.length === 1).join('')}]`,
].join('|');

/** 毕先生, 国总: only at the beginning of a word, and nothing but the family name before the form of address. */
const EVERYDAY_WITH_HONORIFIC = new RegExp(
  `(?<![\\u4e00-\\u9fa5])(?:新?客户[是叫:：]?)?(?<name>[${EVERYDAY_SURNAMES}${ADDRESSED_SURNAMES}](?:${HONORIFIC}))`,
  'gu',
);
/** A look-ahead, so that every place is tried: in 成都何女士 the match at 成 is a city, the one at 何 is the name. */
const WITH_HONORIFIC = new RegExp(`(?=(?<name>(?:${SURNAME})${GIVEN}(?:${HONORIFIC})))`, 'gu');
const WHOLE_ADDRESS = new RegExp(`^[\\u4e00-\\u9fa5]{1,4}(?:${HONORIFIC})$`, 'u');
/** 还有个乙女士: behind a person's measure word any family name will do. */
const COUNTED =
  /(?<=[一有来加]了?一?[个位]|介绍了?一?[个位])(?<name>(?![老小大男女好年哪那这])[\u4e00-\u9fa5]{1,2}(?:女士|先生|小姐|太太))/gu;
const NICKNAME = new RegExp(
  `(?<![\\u4e00-\\u9fa5])(?<name>(?:老|小|阿)(?:${SURNAME}))(?![\\u4e00-\\u9fa5]*(?:店|厂|公司|额|贷|区|时))`,
  'gu',
);
/** 阿强 138…: not 阿姨, and only as a word of its own. */
const NICKNAME_ALONE =
  /(?<=^|[,，。;；、:：\s\ue000])(?<name>阿[\u4e00-\u9fa5])(?<!阿[里拉姨公婆妈爸哥姐弟妹])(?=[,，。;；、:：\s\d\ue000]|$)/gu;
/** 客户叫王芳啊: what ends a sentence is no part of the name. */
const PARTICLES = '啊呀吧呢哦嘛';
const GIVEN_CHARACTER = `(?:(?![${PARTICLES}])[\\u4e00-\\u9fa5])`;
const AFTER_CUE = new RegExp(
  `(?:新?客户(?:是|叫|姓名)?|姓名|名字|名叫|叫做?|本人|联系人|借款人|申请人)[是为:：\\s]*(?<name>(?:${SURNAME}|[${EVERYDAY_SURNAMES}])${GIVEN_CHARACTER}{1,2})(?=[,，。;；、:：\\s\\d(（\\ue000${PARTICLES}]|$|想|要|电话|手机|需|贷|在|的|是|今|有|身份)`,
  'gu',
);
const STANDING_ALONE = new RegExp(
  `(?<=^|[,，。;；、:：\\s\\ue000])(?<name>(?:${SURNAME})[\\u4e00-\\u9fa5]{1,2})(?=[,，。;；、:：\\s\\ue000]|$)`,
  'gu',
);
/** 张三丰要贷款: a wish to borrow ends the name. */
const BEFORE_WISH = new RegExp(
  `(?<=^|[,，。;；、:：\\s\\ue000])(?<name>(?:${SURNAME})[\\u4e00-\\u9fa5]{1,2}?)(?=(?:想|要|需要|打算|准备|急需|急着)(?:要|想|再)?(?:贷|借|办贷|办借|申请|用钱|[\\d\\ue000]))`,
  'gu',
);
/** 一个客户 姓韩: all that is known of the name; said of somebody else (我姓董) it does not count. */
const FAMILY_NAME_ALONE = new RegExp(
  `(?<=客户[^,，。;；\\d\\n]{0,4}|^|[,，。;；\\s])姓(?<name>${SURNAME}|[${EVERYDAY_SURNAMES}${ADDRESSED_SURNAMES}])(?=的?(?:[,，。;；\\s\\d\\ue000]|$|想|要|客户))`,
  'gu',
);
const ENGLISH = /\b(?<name>(?:Mr|Mrs|Ms|Miss|Dr)\.?\s[A-Z][a-z]+(?:\s[A-Z][a-z]+)?)/gu;
/** People who are in the sentence but are not the applicant. */
const SOMEBODY_ELSE =
  /(?:转介绍(?:人|[:：])|介绍人|渠道|推荐人|担保人|老婆|老公|妻子|丈夫|配偶|朋友|同事|法人代表|我是|跟进人|经理是|顾问是)[是为叫:：\s]*$/u;

/** 刘姐介绍的一个客户: who brings the applicant. */
const BRINGS = /^(?:介绍|推荐|转介|带过?来|拉来|\s(?:介绍|推荐)的)/u;

interface Pattern {
  readonly pattern: RegExp;
  readonly confidence: number;
}

const PATTERNS: readonly Pattern[] = [
  { pattern: WITH_HONORIFIC, confidence: 0.95 },
  { pattern: EVERYDAY_WITH_HONORIFIC, confidence: 0.95 },
  { pattern: COUNTED, confidence: 0.95 },
  { pattern: AFTER_CUE, confidence: 0.92 },
  { pattern: ENGLISH, confidence: 0.92 },
  { pattern: NICKNAME, confidence: 0.8 },
  { pattern: NICKNAME_ALONE, confidence: 0.8 },
  { pattern: STANDING_ALONE, confidence: 0.8 },
  { pattern: BEFORE_WISH, confidence: 0.8 },
  { pattern: FAMILY_NAME_ALONE, confidence: 0.8 },
];

/** A person named beside the applicant, or the writer himself. */
const AFTER_OTHERS = new RegExp(
  `(?:我是|我叫|介绍人|推荐人|担保人|保证人|抵押人|共借人|共同借款人|老婆|老公|妻子|丈夫|配偶|爱人|前夫|前妻|儿子|女儿|父亲|母亲|爸爸|妈妈|哥哥|弟弟|姐姐|妹妹|姐夫|妹夫|岳父|岳母|亲戚|朋友|同事|合伙人|股东|实控人|实际控制人|法人代表|法人|联系人)[是为叫:：\\s]*(?<name>(?:${SURNAME})[\\u4e00-\\u9fa5]{1,2})`,
  'gu',
);

/** 全名吴大海 · his name is Wang Wei: said to be a name, wherever it stands. */
const NAMED = new RegExp(
  `(?:全名|真名|本名|大名|姓名|名字|名叫|叫做)[是叫为:：\\s]*(?<name>(?:${SURNAME}|[${EVERYDAY_SURNAMES}])[\\u4e00-\\u9fa5]{1,2})`,
  'gu',
);
const NAMED_IN_ENGLISH =
  /\b[Nn]ame(?:['’]s| is|:)? (?:is )?(?<name>[A-Z][A-Za-z'’-]{1,19}(?: [A-Z][A-Za-z'’-]{1,19}){0,2})/gu;

/** Every name in a text, whoever's it is: what a searchable copy hides. Rather one word too many than one name too few. */
export function namesIn(text: string): readonly string[] {
  const plain = toSimplified(text);
  const found = [...PATTERNS.map(({ pattern }) => pattern), AFTER_OTHERS, NAMED, NAMED_IN_ENGLISH].flatMap((pattern) =>
    matchesOf(plain, pattern).map((match) => {
      const name = match.groups?.['name'] ?? '';
      const start = match.index + Math.max(0, match[0].indexOf(name));
      return startsWithWord(name) ? '' : text.slice(start, start + name.length);
    }),
  );
  const latin = extractLatinNames(plain).map(({ start, end }) => text.slice(start, end));
  return [...new Set([...found, ...latin].filter((name) => name !== ''))];
}

/** The applicant's name as written. The first pattern that finds one decides; weaker ones are not asked any more. */
export function extractNames(text: string): readonly Fact[] {
  for (const { pattern, confidence } of PATTERNS) {
    const found: Fact[] = [];
    for (const match of matchesOf(text, pattern)) {
      const value = match.groups?.['name'] ?? '';
      const start = match.index + Math.max(0, match[0].indexOf(value));
      const isInside = found.some((other) => start < other.end);
      if (isInside || startsWithWord(value) || SOMEBODY_ELSE.test(text.slice(0, start))) continue;
      if (BRINGS.test(text.slice(start + value.length))) continue;
      found.push({ name: 'name', value, start, end: start + value.length, confidence });
    }
    if (found.length > 0) return found;
  }
  return extractLatinNames(text);
}

function startsWithWord(value: string): boolean {
  return NOT_NAMES.some((word) => value.startsWith(word));
}

/** Characters of ordinary speech that hardly any name contains. */
const SPEECH = /[这那吗呢啊嗯哦呃吧的了是我你他她它不没什怎呀嘿哈]/u;

/** What stands around a name in an answer: 客户叫王芳啊, 她的名字是孙琪. */
const ANSWER_BEFORE =
  /^(?:[他她我]|客户|顾客|借款人|申请人|本人|对方)?的?(?:姓名|名字|全名)?(?:名?叫做?|是)?[是为:：\s]*/u;
const ANSWER_AFTER = new RegExp(`[${PARTICLES}]?[。.!！~～\\s]*$`, 'u');

/**
 * A name typed as the answer to "what is the name?": two to four Chinese characters (more with a ·, or with a form of
 * address), or Latin letters; `undefined` for numbers, words of the trade and ordinary speech. Rare family names pass.
 */
export function parsePersonName(text: string): string | undefined {
  const value = withoutLeadIn(text.trim().replace(ANSWER_BEFORE, '').replace(ANSWER_AFTER, ''));
  if (isLatinName(value)) return value;
  const plain = toSimplified(value);
  const isName = /^[\u4e00-\u9fa5]{2,4}$|^[\u4e00-\u9fa5]{1,10}·[\u4e00-\u9fa5·]{1,14}$/u.test(value);
  const isAddress = WHOLE_ADDRESS.test(plain);
  return (isName || isAddress) && !NOT_NAMES.includes(plain) && !SPEECH.test(plain) ? value : undefined;
}
