/**
 * Places that are not where the customer is: a relative's (我哥在深圳), one of the past (原来在广州), of a trip (he went to
 * Shanghai), of school days (在北京读过大学). Which of them are his nobody can tell who guesses, so none is noted.
 */
import { isOfGoneHouse } from './asset.ts';
import { clauseAfter, clauseBefore } from './normalise.ts';
import { OWNER } from './somebody-else.ts';

/** 老板在东莞开厂 is what a colleague writes of a customer; 他老板 is another one. */
const SOMEBODY = `(?<![和跟与同及、][我他她]的?)(?!老板|[他她]们|(?<=一)家)${OWNER}`;
const STAYS = '(?:在|住在?|去了?|到|来自?|回了?|跑到?|搬到?了?|是|调到?了?|于)?';
const RELATIVES = new RegExp(
  `(?:${SOMEBODY})(?:他们|她们|们)?(?:名下|的?(?:公司|单位|厂子?|店|工作|生意|房子?))?(?:也|都|还|又|就|人|常年|平时|现在|目前|一直|已经|早就|自己|一个人)*${STAYS}$`,
  'u',
);
/** The friend is the one who borrows: 我朋友在深圳要贷30万. */
const BORROWS = /[贷借]|周转|装修|\b(?:loan|borrow\w*|wants?|needs?)\b/iu;

const ONCE =
  '(?:原来|原先|以前|从前|之前|此前|曾经?|小时候|当年|那时候?|早年|刚毕业(?:时|后|那时候?|那会儿?|那年|的时候)|读书时?|上学时?|大学时?)';
const PROVINCE =
  '(?:河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|内蒙古?|广西|西藏|宁夏|新疆)';
const PAST = new RegExp(
  `${ONCE}(?:我|他|她|客户|一直|也|是|人|家|都|主要|公司|的)*(?:在|住在?|呆在?|待在?|跑|做|干)?$|(?:老家|户口|户籍地?|籍贯|来自)(?:是|也|都|就|[:：\\s])*在?(?:${PROVINCE}省?)?$|(?:去|飞|跑|到)过?了$|去过$|(?:出差|旅游|旅行)[^,，]{0,3}$|(?:上周|上个?月|上个?星期|上个?礼拜|昨天|前天|前几天|前阵子)(?:我|他|她|刚|才|还)*(?:去|飞|到|跑)$`,
  'u',
);
const LEFT = /从$/u;
const LEFT_FOR = /^(?:市|那边|[^,，。]{0,3}区)?(?:搬|来|过来|调|迁|转|回|换)/u;
/** 罗湖换到龙岗 */
const EXCHANGED = /^(?:[市区]|那边)?(?:的房子?|那套)?换(?:到|成|去)/u;
/** 在北京读过大学, 去上海出差 */
const FOR_A_WHILE =
  /^(?:市|那边|[\u4e00-\u9fa5]{0,6}(?:大学|学院))?(?:那边|[待呆玩]?了?[一二三两几\d][天周]?个?)?(?:[读念上](?:过|完|了|的)?(?:大学|书|研|本科|大专|高中|中学|初中|小学|学(?!校))|毕业|当过?兵|长大|出生|出差|旅游|旅行|玩|过年|看病|住院|开会|考察)/u;

const RELATIVE_IN_ENGLISH =
  '(?:wife|husband|spouse|girlfriend|boyfriend|ex|parents|father|mother|dad|mum|mom|folks|brother|sister|son|daughter|in-laws|friend|boss|uncle|aunt|cousin|grand(?:pa|ma|father|mother|parents))s?';
const DOES =
  '(?:is|are|was|lives?|liv(?:ed|ing)|works?|worked|working|owns?|owned|has|have|had|runs?|studies|study|studying|stay(?:s|ed)?|bought|moved|went|goes|opened|kept|keeps|got|took|sold)';
const RELATIVES_IN_ENGLISH = new RegExp(
  `(?<!\\b(?:with|to|for|by|of|(?:he|she|i|we|him|her|customer) and) )(?:\\b(?:my|his|her|their|our|customer['’]s) (?:[a-z]+ )?|(?<=^\\s*|\\b(?:and|but) |\\bex-))${RELATIVE_IN_ENGLISH}(?:['’]s [a-z]+)? (?:(?:also|both|still|now|currently|already|just) )?${DOES}(?: [a-z']+){0,5} $`,
  'iu',
);
const PAST_IN_ENGLISH =
  /\b(?:went to|been to|flew to|(?:trip|trips|travel\w*|flying) to|visit(?:s|ed|ing)?|used to (?:live|work|be|stay|run [a-z ]{1,20}|have [a-z ]{1,20})(?: and work)? (?:in|at)|(?:previously|formerly|once)(?: [a-z]+){0,3} in|moved (?:here |away |over )?from|born in|grew up in|stud(?:ied|ying|ies|y)(?: [a-z]+){0,3} (?:in|at)|graduated(?: [a-z]+){0,3} (?:in|from)|(?:college|university|school) in|hometown(?: is)?(?: in)?) $/iu;

/** Longer lead-ins are not read. */
const REACH = 60;

/** 广州老家 */
const HOMETOWN = /^市?的?老家/u;

/** Whether the clause around a place says that it is not where the customer lives or works now. `start`: of its outermost name. */
export function isElsewhere(text: string, { start, end }: { readonly start: number; readonly end: number }): boolean {
  const before = clauseBefore(text, start).slice(-REACH);
  const after = clauseAfter(text, end).slice(0, REACH);
  if (PAST.test(before) || HOMETOWN.test(after) || PAST_IN_ENGLISH.test(before)) return true;
  if (isOfGoneHouse(text, { start, end }) || EXCHANGED.test(after)) return true;
  if (LEFT.test(before) && LEFT_FOR.test(after)) return true;
  if (/[在去到]$/u.test(before) && FOR_A_WHILE.test(after)) return true;
  return (RELATIVES.test(before) || RELATIVES_IN_ENGLISH.test(before)) && !BORROWS.test(after);
}
