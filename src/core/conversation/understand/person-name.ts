/** Names of people: 何女士, 王总, 老李 (honorific or nickname), 客户李伟 (after a cue), or a name standing alone (李伟 138…). */
import type { Fact } from './fact.ts';
import { NOT_NAMES, SURNAMES } from './person-name-data.ts';

const HONORIFIC = '女士|先生|小姐|太太|老板娘|老板|老师|总(?!共|计|价|额|公司|是|行|经理|体|数|得)|总经理|经理|医生|大哥|大姐|阿姨|师傅|哥|姐|叔|工(?=[,，。\\s]|$)';
const GIVEN = '[\\u4e00-\\u9fa5]{0,2}?';
const SURNAME = SURNAMES.join('|');

const WITH_HONORIFIC = new RegExp(`(?<name>(?:${SURNAME})${GIVEN}(?:${HONORIFIC}))`, 'gu');
const NICKNAME = new RegExp(`(?<![\\u4e00-\\u9fa5])(?<name>(?:老|小|阿)(?:${SURNAME}))(?![\\u4e00-\\u9fa5]*(?:店|厂|公司|额|贷|区|时))`, 'gu');
const AFTER_CUE = new RegExp(
  `(?:新?客户(?:是|叫|姓名)?|姓名|名字|名叫|叫做?|本人|联系人|借款人|申请人)[是为:：\\s]*(?<name>(?:${SURNAME})[\\u4e00-\\u9fa5]{1,2})(?=[,，。;；、:：\\s\\d(（]|$|想|要|电话|手机|需|贷|在|的|是|今|有|身份)`,
  'gu',
);
const STANDING_ALONE = new RegExp(`(?<=^|[,，。;；、:：\\s\\ue000])(?<name>(?:${SURNAME})[\\u4e00-\\u9fa5]{1,2})(?=[,，。;；、:：\\s\\ue000]|$)`, 'gu');
const ENGLISH = /\b(?<name>(?:Mr|Mrs|Ms|Miss|Dr)\.?\s[A-Z][a-z]+(?:\s[A-Z][a-z]+)?)/gu;
/** People who are in the sentence but are not the applicant. */
const SOMEBODY_ELSE = /(?:介绍人|推荐人|担保人|老婆|老公|妻子|丈夫|配偶|朋友|同事|法人代表|我是|跟进人|经理是|顾问是)[是为叫:：\s]*$/u;

interface Pattern {
  readonly pattern: RegExp;
  readonly confidence: number;
}

const PATTERNS: readonly Pattern[] = [
  { pattern: WITH_HONORIFIC, confidence: 0.95 },
  { pattern: AFTER_CUE, confidence: 0.92 },
  { pattern: ENGLISH, confidence: 0.92 },
  { pattern: NICKNAME, confidence: 0.8 },
  { pattern: STANDING_ALONE, confidence: 0.8 },
];

/** The applicant's name as written. The first pattern that finds one decides; weaker ones are not asked any more. */
export function extractNames(text: string): readonly Fact[] {
  for (const { pattern, confidence } of PATTERNS) {
    const found = [...text.matchAll(pattern)].flatMap((match) => {
      const value = match.groups?.['name'] ?? '';
      const start = match.index + match[0].indexOf(value);
      if (isWord(value) || SOMEBODY_ELSE.test(text.slice(0, start))) return [];
      return [{ name: 'name' as const, value, start, end: start + value.length, confidence }];
    });
    if (found.length > 0) return found;
  }
  return [];
}

function isWord(value: string): boolean {
  return NOT_NAMES.some((word) => value.startsWith(word));
}

/** A name typed as the answer to "what is the name?": two to twenty letters, no digits; `undefined` otherwise. */
export function parsePersonName(text: string): string | undefined {
  const value = text.trim().replace(/^(?:我?(?:叫|是)|姓名|名字)[是:：\s]*/u, '').replace(/[。.!！]$/u, '');
  if (/^[\u4e00-\u9fa5][\u4e00-\u9fa5·]{1,19}$/u.test(value)) return isWord(value) || value.length > 12 ? undefined : value;
  return /^[A-Za-z][A-Za-z .'-]{1,39}$/u.test(value) ? value : undefined;
}
