/**
 * What is somebody else's and not the customer's: a house, a car, an income. 房子是我父母的, 老公名下的房, 租的, a flat in his
 * wife's name: none of these is his own, and noting it would promise what nobody can give. What he owns together with somebody
 * is his as well.
 */

/** Only with a word before it that says so: 李姐, 王老板, 陈太太 and 吴奶奶 are what customers are called. */
const AFTER_PRONOUN = '(?<=[我他她户])(?:爸爸?|妈妈?|爹|娘|哥哥?|弟弟?|姐姐?|妹妹?|叔叔?|舅舅?|姑姑?|姨妈?)';
/** 他是老板有房 and 开厂的老板有房 say what he is; only 老板的 is another's then. */
const BOSS = '(?:(?<=^|[我他她户在们,，\\s])老板|(?<=[是的])老板(?=的|名下))';
const AT_START = '(?<=^|[我他她户是在们的,，\\s])(?:太太|爷爷|奶奶|爸爸?|妈妈?|哥哥|姐姐)';
/** 已婚有孩子有房, 离异带一个女儿有房: whom he has, not who has the house; 有父母的房子 is theirs all the same. */
const NOT_HAD = '(?:(?<![有带养没无][一两二三俩]?[个位]?[男女小]?)|(?=[\\u4e00-\\u9fa5]{1,3}(?:的|名[下字])))';
const RELATED = `(?:老公|老婆|爱人|妻子|丈夫|媳妇|配偶|对象|[男女]朋友|[男女]友|前夫|前妻|父母|爸妈|父亲|母亲|公婆|公公|婆婆|岳父母?|岳母|丈母娘|丈人|姥姥|姥爷|外公|外婆|弟弟|妹妹|兄弟|姐妹|儿子|女儿|孩子|小孩|子女|儿媳|女婿|家里?人|亲戚|亲属|朋友|同学|同事|领导|房东|别人|人家|他人|[他她]们|长辈|老人|${AFTER_PRONOUN}|${AT_START}|${BOSS})`;
const PERSON = `${NOT_HAD}${RELATED}`;
/** 我和老公的 is the speaker's too. */
export const OWNER = `(?<![和跟与同及、](?:[我他她]的?)?)(?:(?:我|他|她|客户|借款人|本人)的?)?${PERSON}(?:[和跟与、]?${PERSON})?(?:家里?|那边)?`;
const COMPANY = '(?<![开办做])(?:公司|单位|厂里|学校|村里)';
/** Up to here somebody's words about the asset may go on to something else: 老公的公司, 父母的首付. */
const END = '(?=(?:[吧啊呀呢哦啦了房子产车]*)(?:[\\s,，。;；、)）!！?？~～\\ue000]|没|无|不|有|全款|按揭|$))';

/** What an answer or a clause says of something that is somebody else's: 我爸的, 在老婆名下, 是租的. */
export const SOMEBODY_ELSES = [
  `(?:是|归|属于?|(?:挂|登记|放)?在|写(?:的是|的|在|着)?|借|开)?(?:的是|的|着)?(?:${OWNER}(?:的(?:名字|名下|产权)?|名下的?|名字的?|所有|买的)|${COMPANY}(?:的(?:名字|名下)?|名下的?|名字的?|分的|配的|发的))${END}`,
  `(?:已经?)?(?:归|(?:过户|判|分|留|送|让)?给)了?${OWNER}(?:所有)?${END}`,
  `(?:是|在|都)*(?:公租|廉租|租|借)(?:住|来|房)?的?${END}|(?:是|住)?(?:公司|单位|员工|厂里?)?的?宿舍${END}|是家里的${END}`,
  `(?:并|又)?(?:不|没|未)(?:是|在|算|属于|写|登记|挂)?(?:在|的是|的)?(?:我|本人|自己|他|她|客户)(?:自己|本人)?(?:的|名下|名字)`,
].join('|');

const MARK = '(?:\\s?[,，、（(]\\s?|\\s)?';
const LINKS =
  '(?:但是?|不过|可是?|只是|就是|而且|都|也|现在|目前|一直|还|那|房本|房产证|产权证?|行驶证|房子|车子|这个)*';
const SAID_AFTER = new RegExp(`^${MARK}${LINKS}(?:${SOMEBODY_ELSES})`, 'u');
/** 老公有套房, 老婆在老家有房, 父母名下一套房; the verb may be the first word of the mention itself. */
const SAID_BEFORE = new RegExp(
  `(?:${OWNER}(?:名下|名字)?的?(?:也|都|还|倒|就|另外|现在|目前|是)*(?:在[\\u4e00-\\u9fa5]{2,6})?|${COMPANY}(?:名下|分|配|发)的?|${COMPANY}的)$`,
  'u',
);
const POSSESSOR_BEFORE = new RegExp(`(?:${COMPANY}|(?<![和跟与同及、](?:[我他她]的?)?)${RELATED})$`, 'u');

const RELATIVE =
  '(?:wife|husband|spouse|partner|girlfriend|boyfriend|ex|parents?|father|mother|dad|mum|mom|folks|brother|sister|son|daughter|in-laws?|family|friends?|boss|company|employer|landlord|uncle|aunt|grand(?:pa|ma|father|mother|parents)|relatives?)';
const POSSESSIVE = "(?:['’]s|s['’]|['’])";
const CLOSED = '(?=\\s*(?:[,.;!?)\\ue000]|$)| (?:but|and|so|not)\\b)';
const SAID_AFTER_IN_ENGLISH = new RegExp(
  `^(?: in [a-z' ]{2,20}?)?[,;]?\\s?(?:and |but |which |that |though |it |is |it['’]s |['’]s |are |was |registered |under |in |just |only )*(?:(?:my |his |her |their |the )?${RELATIVE}${POSSESSIVE}(?: names?| one| place)?${CLOSED}|(?:belongs? to|owned by) (?:my |his |her |their |the )?${RELATIVE}\\b|rent(?:ed|al|ing)${CLOSED}|not (?:mine|his|hers|in (?:my|his|her) name)\\b)`,
  'iu',
);
const SAID_BEFORE_IN_ENGLISH = new RegExp(
  `\\b(?:${RELATIVE}${POSSESSIVE}?|rent(?:s|ed|ing)?)(?: (?:also|both|still|an?|the|each|all))*\\s*$`,
  'iu',
);

/** Nobody says further away whose it is. */
const REACH = 24;

/** Whether the words around a house or a car say that it is not the customer's own. */
export function isSomebodyElses(
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
): boolean {
  const after = text.slice(end, end + REACH * 2);
  return isOfSomebodyElse(text, start) || SAID_AFTER.test(after) || SAID_AFTER_IN_ENGLISH.test(after);
}

/** Whether the words before `start` make somebody else the subject of what follows: 老公没房, 父母有套房. */
export function isOfSomebodyElse(text: string, start: number): boolean {
  const before = text.slice(Math.max(0, start - REACH), start);
  if (SAID_BEFORE.test(before) || SAID_BEFORE_IN_ENGLISH.test(before)) return true;
  return POSSESSOR_BEFORE.test(before) && /^(?:名下|的)/u.test(text.slice(start, start + 2));
}

/** 老公没工作自己月薪1万, 老婆生意亏了欠20万: here the sum is the customer's again. */
const HIS_AGAIN = '自己|个人|[我本客咱俩共她没亏赔]|(?<!其)他|病(?!退)|无业|待业|失业|不上班|住院|去世|上学|[结离]婚';
const RELATIVE_EARNS = new RegExp(
  `^\\s*(?:而且|另外|还有|加上|但是?)*(?:${OWNER})\\s?(?:自己|个人|[他她])?(?:(?!${HIS_AGAIN})\\S){0,16}\\s?$`,
  'u',
);
const RELATIVE_ALONE = new RegExp(`^\\s*(?:${OWNER})(?:[也是有的约]|每?个?月|一个月|大概|差不多)*\\s?$`, 'u');
const RELATIVE_EARNS_IN_ENGLISH = new RegExp(
  `\\b(?:wife|husband|spouse|partner|girlfriend|boyfriend|parents?|father|mother|dad|mum|mom|brother|sister|son|daughter)(?:['’]?s|s['’])? (?:[a-z]+ ){0,3}(?:earn|mak|get|salary|income|pension|wage|ow)[a-z]*[a-z ]{0,12}$`,
  'iu',
);

/** Whether the clause before a sum says that somebody else earns or owes it: 老婆月薪, my husband earns. */
export function isSumOfSomebodyElse(clause: string): boolean {
  return RELATIVE_EARNS.test(clause) || RELATIVE_EARNS_IN_ENGLISH.test(clause);
}

const RELATIVES_TRADE = new RegExp(
  `^\\s*(?!老板)(?:${OWNER})(?:以前|现在|也|都|是|在[\\u4e00-\\u9fa5]{2,3})?(?:开|做|办|经营)(?:(?![我自])[^\\s,，。;；]){1,8}[,，]\\s?(?![^,，]{0,4}(?:我|自己|本人))[^,，]{0,8}$`,
  'u',
);

/** 老公开建材店; 老板开厂 is what a colleague writes of a customer. */
export function isBusinessOfSomebodyElse(text: string, start: number): boolean {
  return isOfSomebodyElse(text, start) && !/(?<![我他她])老板$/u.test(text.slice(0, start));
}

/** Whether the clause before says that the trade is somebody else's: 他爸开厂的，年流水1000万. */
export function isOfTradeOfSomebodyElse(text: string, start: number): boolean {
  const lead = text.slice(Math.max(0, start - 2 * REACH), start);
  return RELATIVES_TRADE.test(lead.replace(/^.*[,，。;；\n](?=[^,，。;；\n]*[,，][^,，]*$)/su, ''));
}

/** The same where nothing says what the sum is: 我8千，老公1万2. */
export function isBareSumOfSomebodyElse(clause: string): boolean {
  return RELATIVE_ALONE.test(clause);
}

const OWN_HOME = /房|按揭|公寓|月供/u;
const HOME = `(?:${OWN_HOME.source})`;
/** 爱人名下宝安有套按揭房, 老公的房贷, 父母买的房: theirs, unless it is for somebody (给儿子买的房) or with somebody. */
const RELATIVES_HOME = new RegExp(
  `(?<![给帮替为])${OWNER}(?:自己|[他她])?(?:(?:名下|那边|的|有|买|带|也|还|在|每个?月)(?:(?![我客自])[^\\s,，。;；\\d]){0,10}${HOME}|(?:房贷|月供|按揭))|${HOME}[^\\s,，。;；\\d]{0,4}(?:(?:是|在|归|写|挂)${OWNER}(?:的|名)|(?:是|在|归)${OWNER}(?=$|[,，]))`,
  'u',
);
const SAID_LATER = new RegExp(
  `^[,，\\s]{1,2}(?:但是?|不过)?房[^\\s,，。;；\\d]{0,4}(?:是|在|归|写|挂)${OWNER}(?:的|名)|^[,，\\s]{0,2}(?:都|现在)?(?:是|由)?${OWNER}(?:自己|在|来)?(?:还|供|付|交)(?=$|[,，。;；])`,
  'u',
);
const RELATIVES_HOME_IN_ENGLISH = new RegExp(
  `(?<!\\b(?:and|with) (?:(?:my|his|her|their) )?)\\b${RELATIVE}(?! and (?:i|he|she|me|him|her)\\b)(?:${POSSESSIVE} |[a-z ]{0,12} (?:has|have|had|owns?|pays?|got) )[a-z ]{0,24}(?:mortgage|flat|house|apartment|condo|home)\\b`,
  'iu',
);
const OWN_HOME_IN_ENGLISH = /\b(?:mortgage|flat|house|apartment|condo|home|monthly payment)\b/iu;
/** 房贷我在还, 帮父母还房贷, 我们一起还: he pays all the same. */
const HE_PAYS =
  /(?:我们?|(?<![他她])自己|本人|[他她](?!自己)|客户|夫妻|两人|俩|一起|共同)(?:也|都|在|一直|来|要|还|每个?月|一起|共同|负责|帮[他她]?们?|替[他她]?们?)*(?:还(?!有|没|想)|供|付|出|交|承担)|[帮替给][^\s,，。;；\d]{1,6}(?:还|供|付|交)|\b(?:i|he|she|we|customer)(?:['’]m| am| is| are)? (?:(?:also|still|who|both|each) )?(?:pay|paying|pays|cover|covers|covering)\b|\b(?:help(?:s|ing)?|paid by (?:me|him|her|us))\b/iu;

/** 老婆带来一套房，月供她还: the word for her is not the customer's. */
function withoutHer(text: string): string {
  const isOfHer = /老婆|妻|媳妇|女[朋友]|妈|岳母|[姐妹]/u.test(text);
  const isOfHim = /老公|丈夫|前夫|男[朋友]|爸|岳父|[哥弟]/u.test(text);
  return text.replaceAll(/[他她](?:自己)?(?![们爸妈哥弟姐妹老前])/gu, (word) =>
    (word.startsWith('她') ? isOfHer : isOfHim) ? ' ' : word,
  );
}

const HIMSELF = /^\s?(?:而|但是?)?(?:我|自己|本人|客户)/u;

/** Whether the mortgage that a monthly payment goes to is somebody else's: 老婆名下有套房，月供七千. */
export function isMortgageOfSomebodyElse(
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
): boolean {
  const lead = text.slice(Math.max(0, start - 2 * REACH), start);
  const around = withoutHer(lead + text.slice(end, end + REACH));
  if (HE_PAYS.test(around)) return false;
  if (SAID_LATER.test(text.slice(end, end + REACH))) return true;
  for (const clause of lead.split(/[,，。;；!！?？\n]/u).toReversed()) {
    if (RELATIVES_HOME.test(clause) || RELATIVES_HOME_IN_ENGLISH.test(clause)) return true;
    if (HIMSELF.test(clause)) return false;
    const named = clause.replace(/(?:月供|房贷|按揭|mortgage|monthly payment)[^\d]{0,6}$/iu, '');
    if (OWN_HOME.test(named) || OWN_HOME_IN_ENGLISH.test(named)) return false;
  }
  return false;
}
