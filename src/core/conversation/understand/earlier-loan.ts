/**
 * Sums of loans that are not the one wished: borrowed before (原来贷过15万), from somebody else (在建行贷了20万), refused
 * (申请30万没批), paid off, or what is left of a mortgage (房子抵押给建行了，还差80万).
 */
import { clauseBefore } from './normalise.ts';

/** 借过5万, 贷了20万: borrowed already. 想借了20万还债 is a wish all the same. */
const DONE =
  /(?<!(?:想|要|打算|准备|帮)[^\d]{0,8})(?:(?:[贷借](?:款|钱)?|申请|抵押|批|办)过(?:款|钱|一?笔)?|[贷借](?:款|钱)?了(?:款|钱|一?笔)?|批了)(?:大概|大约|差不多|有|约|\s)*$/u;
const PAST =
  '(?:原来|原先|以前|从前|之前|此前|曾经|早前|早先|前年|去年|前几年|前两年|前些年|早几年|那年|当年|当时|上一?次|上回)';
/** 去年在别家贷15万; 之前说要30万 is still the wish, and 去年开的店贷30万 tells of the shop. */
const BEFORE_NOW = new RegExp(
  `${PAST}(?:我|他|她|客户|也|就|有|还|只){0,3}(?:[在向跟从找用][^\\d\\s想要说打]{1,8}?)?(?:[贷借欠批]|申请)(?:款|到|的)?[^\\d想要]{0,4}$`,
  'u',
);
/** 别家贷的10万 */
const ELSEWHERE_BEFORE = /(?:别家|他行|其他银行|别的银行|另一家|另外一家)(?!(?:[^\d]{0,6})[想要])[^\d]{0,6}的\s?$/u;
const REFUSED =
  /^(?:的|左右|[,，\s]|但是?|也|都|最后|后来|结果|全)*(?:没(?:有)?(?:批|过(?!户)|通过|贷到|办成|下来)|未(?:批|过(?!户)|通过)|批不下来|被拒|拒了|给拒)/u;
const PAID_OFF =
  /^(?:的|左右|[,，\s])*(?:(?:已经?|都|早就?|也|现在|去年|前年|后来|全部?)+(?:还|结|付)(?:完|清|掉)了?|(?:还|结|付)(?:完|清|掉)了)(?=[,，。;；!！\s\ue000]|$)/u;
/** 房贷80万还没还完, 借给朋友20万 */
const UNFINISHED = /^(?:现在|目前|都|也|还)*没有?[还结](?:完|清)/u;
const LENT = /借(?:给|出去?)了?(?![我他她客])[^\d,，。;；\n]{0,4}$/u;
/** Of what has been paid back in part nobody knows how much is left. */
const OWED = /^(?:的|左右|[,，\s])*(?:现在|目前|到现在|一直|都|也|还|一分|至今)*(?:没有?还|未还)(?![完清上过了]|到期)/u;
/** 房子抵押给建行了，还差80万; with a word of what it is for (还差80万周转) it is the wish. */
const STILL_MISSING =
  /(?:抵押(?:给|了|在|过|着)|按揭|房贷|月供|在供|供着)[^,，。;；\n]{0,8}[,，\s]{1,2}(?:现在|目前|大概|也)?[还只就]差[^\d]{0,4}$/u;
const NEEDED_FOR = /^(?:元|块)?(?:左右)?(?:的)?(?:周转|进货|装修|资金|货款|首付|经营|用)/u;

const DONE_IN_ENGLISH =
  /\b(?:borrowed|lent|(?:had|took|taken|got|has|have)(?: out)? (?:a|an|another)(?: [a-z]+)? loan(?: of| for)?|(?:existing|previous|earlier|old) (?:bank )?loans?(?: of)?)(?: (?:about|around|over|some))?\s?$/iu;
const APPLIED = /\bapplied for(?: a loan of)?(?: about| around)?\s?$/iu;
const REFUSED_IN_ENGLISH =
  /^[^.;\n]{0,30}\b(?:was|were|got|been|is) (?:rejected|declined|refused|denied|turned down)\b|^[^,.;\n]{0,24}\b(?:last (?:year|month|week|time)|years? ago)\b/iu;

/** No cue stands further away; it also keeps a page full of numbers cheap to read. */
const REACH = 32;

/** What a sum of another loan than the wished one is: `owed` only where it is said that nothing was paid back. */
export function earlierLoan(
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
): 'owed' | 'past' | undefined {
  const clause = clauseBefore(text, start).slice(-REACH);
  const after = text.slice(end, end + REACH);
  if (REFUSED.test(after) || PAID_OFF.test(after) || UNFINISHED.test(after) || LENT.test(clause)) return 'past';
  if (DONE.test(clause) || BEFORE_NOW.test(clause) || ELSEWHERE_BEFORE.test(clause))
    return OWED.test(after) ? 'owed' : 'past';
  if (DONE_IN_ENGLISH.test(clause) || (APPLIED.test(clause) && REFUSED_IN_ENGLISH.test(after))) return 'past';
  const lead = text.slice(Math.max(0, start - REACH), start);
  return STILL_MISSING.test(lead) && !NEEDED_FOR.test(after) ? 'past' : undefined;
}
