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
/** 没批, 没过审; with an object it tells of something else: 没过桥, 没批过网贷, 没有过逾期. */
const REFUSED =
  /^(?:的|左右|[,，\s]|但是?|也|都|最后|后来|结果|全)*(?:(?:没有?|未)(?:批(?:准|下来)?|过|通过|[贷借办]到款?|[放下]款|贷?下来|办(?:成|下来))(?:审核?|审批|初审|复审|终审|风控)?[了的呢啊]?(?=[,，。;；、!！?？…\s\ue000]|$|现在|目前|这次|所以|就|但|想|要|只)|(?<![,，\s])没有?批过(?=[,，。;；!！\s]|$)|批不下来|被拒|拒了|给拒)/u;
const PAID_OFF =
  /^(?:的|左右|[,，\s])*(?:(?:已经?|都|早就?|也|现在|去年|前年|后来|全部?)+(?:还|结|付)(?:完|清|掉)了?|(?:还|结|付)(?:完|清|掉)了)(?=[,，。;；!！\s\ue000]|$)/u;
/** 房贷80万还没还完, 借给朋友20万 */
const UNFINISHED = /^(?:现在|目前|都|也|还)*没有?[还结](?:完|清)/u;
const LENT =
  /借(?:给|出去?)了?(?!(?:[我他她]|客户)(?![\u4e00-\u9fa5]?[哥弟姐妹爸妈叔舅姑姨]|老[婆公]|朋友|同[学事]|亲戚|儿子|女儿))[^\d,，。;；\n]{0,4}$|借了(?:[我他她]|客户)$/u;
/** 想借给公司周转20万, 想从银行借出30万: the money comes to him. */
const WISHED_FOR =
  /(?:想|要|打算|准备|希望|需要)[^\d,，。;；\n]{0,4}(?:借给(?:自己|家里|[\u4e00-\u9fa5]{0,2}(?:公司|企业|[店厂][里铺]?|档口|工地|项目))(?:周转|进货|装修|备货|垫资|用)?|从[^\d,，。;；\n]{1,8}借出来?)$/u;
/** 想贷30万，都还清了: after a pause it is told of other loans. */
const WISH = /(?:想|要|打算|准备|希望|急)[^\d,，。;；\n]{0,6}(?:[贷借]|申请|用)(?!过|了)[^\d,，。;；\n]{0,4}$/u;
const PAUSE = /^(?:左右)?\s?[,，\s](?![^,，。;；\n]{0,6}(?:没|未|批不|拒))/u;
/** 贷20万，被拒过: of another time as well. */
const REFUSED_ONCE = /^(?:左右)?\s?[,，\s][^,，。;；\n没未拒]{0,8}被拒过/u;
/** 有30万贷款在还 */
const REPAYING =
  /^(?:左右)?的?(?:(?:银行|信用|消费|抵押|经营|[车房网])?贷款?)?(?:现在|目前|[还都也正])*(?:在还(?!款日)|(?<=贷款?[现在目前还都也正]*)(?:没有?还|未还|没结清|未结清))/u;
/** Of what has been paid back in part nobody knows how much is left. */
const OWED = /^(?:的|左右|[,，\s])*(?:现在|目前|到现在|一直|都|也|还|一分|至今)*(?:没有?还|未还)(?![完清上过了]|到期)/u;
/** 房子抵押给建行了，还差80万; with a word of what it is for (还差80万周转) it is the wish. */
const STILL_MISSING =
  /(?:房贷|车贷|按揭|月供)(?:现在|目前|大概|也|的|款)?[还只就]?差[^\d]{0,4}$|(?:抵押(?:给|了|在|过|着)|按揭|房贷|月供|在供|供着)[^,，。;；\n]{0,8}[,，\s]{1,2}(?:现在|目前|大概|也)?[还只就]差[^\d]{0,4}$/u;
const NEEDED_FOR = /^(?:元|块)?(?:左右)?(?:的)?(?:周转|进货|装修|资金|货款|首付|经营|用)/u;

const DONE_IN_ENGLISH =
  /\b(?:borrowed|lent|(?:refused|denied|declined|rejected for|turned down for)(?: (?:a|the|another))? (?:loan|credit)(?: of| for)?|(?<!\bto |\b(?:can|could|may|might) (?:i|we|he|she) )(?:had|took|taken|got|has|have)(?: out)? (?:a|an|another)(?: [a-z]+)? loan(?: of| for)?|(?:existing|previous|earlier|old) (?:bank )?loans?(?: of)?)(?: (?:about|around|over|some))?\s?$/iu;
/** I have a loan of 200k in mind */
const MEANT = /^ in mind\b/iu;
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
  if (REFUSED.test(after) || PAID_OFF.test(after) || UNFINISHED.test(after) || REPAYING.test(after))
    return isAside(clause, after) ? undefined : 'past';
  if (LENT.test(clause)) return WISHED_FOR.test(clause) ? undefined : 'past';
  if (DONE.test(clause) || BEFORE_NOW.test(clause) || ELSEWHERE_BEFORE.test(clause))
    return OWED.test(after) ? 'owed' : 'past';
  if ((DONE_IN_ENGLISH.test(clause) && !MEANT.test(after)) || (APPLIED.test(clause) && REFUSED_IN_ENGLISH.test(after)))
    return 'past';
  const lead = text.slice(Math.max(0, start - REACH), start);
  return STILL_MISSING.test(lead) && !NEEDED_FOR.test(after) ? 'past' : undefined;
}

/** Whether what follows a wished sum is told of other loans than that one. */
function isAside(clause: string, after: string): boolean {
  if (REFUSED_ONCE.test(after)) return WISH.test(clause) || !/申请|[贷借]了/u.test(clause);
  return WISH.test(clause) && PAUSE.test(after);
}
