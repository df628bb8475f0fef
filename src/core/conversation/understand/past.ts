/**
 * What is no longer so: an income of a job that is lost (以前月薪2万，现在失业了), the turnover of a shop that is closed, a trade
 * that was given up. Of such words nobody can tell what holds today, so nothing of them is noted.
 */
import { clauseAfter, clauseBefore } from './normalise.ts';
import { NUMERAL_CHARACTERS } from './numerals.ts';
import { OWNER } from './somebody-else.ts';

interface Span {
  readonly start: number;
  readonly end: number;
}

/** 过去开工厂 is another time, 过去一年 a period; 春节之前 and 之前说的月薪 tell of no other time. */
const ONCE =
  /(?:原来|原先|以前|从前|早前|早先|早年|当年|当初|那时候?|那会儿?|曾经|前几年|前些年|(?<!年|节|月|[今明后前]天|号|日|周末|底|到期|结婚)之前|此前|(?<=^|[,，。;；、\s他她我户])过去(?!的?(?:这|[一二两三四五六七八九十半几\d]))|(?:疫情|退休|失业|离职|下岗|辞职|离婚|生病|创业|转行|怀孕|出事|破产|倒闭)(?:之?前|以前)|(?:上|前)一?份(?:工作|工)|年前(?=[我他她的]{0,2}(?:每?个?[年月]|一个?月)?(?:[薪收入工挣赚拿]|流水))|刚(?:毕业|入职|工作|上班|出来)(?:时候?|的时候|那时|那会|那年)|年轻时|巅峰|鼎盛|原单位|前公司|\bused to\b|\bpreviously\b|\bformerly\b|\bback (?:then|when|in the day)\b|\bin the past\b|\bbefore (?:covid|retir\w+|the (?:pandemic|divorce|layoffs?|crash)|that|he retired|she retired)\b|\bwhen (?:he|she|i|they|we) (?:was|were|had|ran|worked|owned)\b|\b(?:old|previous|former) (?:job|salary|income|employer|company|boss|shop|business)\b|\bused to be\b)/giu;
const NOW =
  /现在|目前|如今|眼下|现如今|至今|(?<!才|刚)现(?=[月年做开在是有])|一直到|今年|\b(?:now(?!here)|currently|these days|at present|at the moment|today|nowadays|works|earns|makes|drives|runs)\b/giu;
/** Words of a trade: 以前开厂的，年流水两千万 tells of the one time in both clauses, 以前贷过款，月薪2万 does not. */
const WORKED =
  /在|上班|工作|打工|任职|就职|当|干|做|开|经营|创业|厂|店|公司|单位|生意|老板|跑|收入|薪|工资|挣|赚|流水|营业|\b(?:work\w*|earn\w*|made|run|ran|own\w*|salary|income|business|shop|store|factory|company|driver|teacher|manager|boss|job)\b/iu;
const EARNS = /[做跑开干赚挣]|打工|上班|生意|\b(?:drove|ran|run|made|worked)\b/iu;
/** 现在1万（之前1万5） */
const ONLY_ONCE = /^(?:原来|原先|以前|从前|之前|此前|过去|年轻时)[是就只才有大概约\s]*$/u;
/** 之前跟你们说的 */
const SAID = /[说填]|报的|登记|写的|告诉|\b(?:said|told|mentioned|wrote)\b/iu;
const BORROWED = /[贷借]|逾期|征信|被拒|申请|\b(?:loan|borrow\w*|overdue|rejected)\b/iu;
const HIMSELF = /^\s?(?:而|但是?)?(?:我|他|她|客户)?(?:自己|本人)/u;

/** Of somebody else, of something else, still to come, long over or denied: 老婆失业, 社保停了, 明年退休, 失业过. */
const NOT_LOST =
  /房|户口|要(?=[辞离退关转停不])|装修|春节|过年|假期|隔壁|对面|同行|附近|别[人家]|其他|车子?(?:卖|转)|贷|信用卡|社保|公积金|逾期|[想怕]|打算|准备|担心|如果|万一|要是|计划|快要?|即将|马上|将|明年|后年|下个?月|还有|没有?(?:被|失业|倒闭|关|离职|辞职|退休)|不会|曾|\b(?:plans?|planning|going to|will|might|may|if|never|next (?:year|month)|about to|soon|afraid|almost|wants?)\b/iu;
/** 关了信用卡, 停业一个月 */
const OF_ANOTHER = /^[了掉]?(?:信用卡|社保|公积金|贷款|网贷|[房车]|一个?月|几天)/u;
const RELATIVE_IN_ENGLISH =
  /\b(?:wife|husband|spouse|partner|girlfriend|boyfriend|ex|parents?|father|mother|dad|mum|mom|brother|sister|son|daughter|friend)\b/iu;
const JOB_LOST =
  /失业(?!过|金|保险|证)|下岗(?!过|再)|待业|无业|被裁(?!过)|裁掉|(?<=^|[去前今]年|月|刚)裁员|被(?:辞退|开除|炒|解雇|优化)(?!过)|(?:辞职|离职)(?![过前证])|辞了(?:工作|工)?|没(?:有|了)?(?:工作|收入)(?!证|过|单位)|(?:不|没(?:有|在|再)?)(?:上班|干活?|做事?)了|\b(?:lost|loses|quit|left) (?:my|his|her|their|the|that) job\b|\b(?:unemployed|laid off|got fired|was fired|made redundant|out of work|jobless|between jobs|no job|no income|no longer works?|no longer working|stopped working|(?:has|have|had|just|recently|then) (?:quit|resigned))\b/iu;
const CLOSED =
  /倒闭(?!过)|破产(?!过)|(?<![差公不没])关(?:了|门了|掉了?|张|停)|(?<=[去前今]年|月|已经?|都|后来|最后)关门|停业|停产|停工|歇业|转让(?:了|出去|掉)|(?<=已经?|都)转让|(?:盘|转|兑)(?:出去|掉|给(?!我|他|她))|注销|黄了|垮了?|散伙|亏(?:完|光|没)了?|(?:不|没(?:有|在|再)?)(?:[开做干经营]{1,2})了|没(?:在|再)[开做干]|\b(?:closed(?! (?:on|at|early|every|deal))|shut|went (?:bust|bankrupt|under)|bankrupt|folded|failed|sold (?:it|the (?:business|shop|company|factory|store|restaurant))|gave it up)\b/iu;
const RETIRED =
  /退休了|(?:已经?|都|刚|现在|后来|[去前今]年|年)(?:就|刚)?退休(?!金|工资|教师|干部|职工)|\b(?:is|has|now|since|then|just) retired\b|\bretired (?:now|last|in|since|already)\b/iu;
/** 去年失业，后来找到工作月薪8000 */
const BACK_AT_WORK =
  /现在|目前|如今|今年|找到|找了|自己|开|创业|上班|新(?:工作|公司|单位|店|厂|开)|重新|又|后来|再就业|靠|兼职|跑|送|返聘|租|理财|分红|\b(?:now|currently|found|started|new job|back|again|rent\w*|part[- ]time|then)\b/iu;
const PENSION = /退休金|退休工资|养老金|退休|返聘|房租|租金|收租|\b(?:pension|rent\w*)\b/iu;
const BEFORE_THAT =
  /^[^,.;]{0,20}\bbefore (?:(?:the|his|her) (?:layoffs?|divorce|pandemic|illness|accident)|he|she|being|getting|covid)\b/iu;
const WAS = /\b(?:was|were|used to|earned|made)\b[^,.;]{0,24}$/iu;

/** No word that says so stands further away. */
const REACH = 60;

function lastOf(pattern: RegExp, text: string): number {
  let last = -1;
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) last = match.index;
  return last;
}

function sentenceBefore(text: string, at: number): string {
  const lead = text.slice(Math.max(0, at - REACH), at);
  return lead.slice(Math.max(...Array.from('。;；!！?？\n', (mark) => lead.lastIndexOf(mark))) + 1);
}

/** 以前跑运输一年20万: earned at another time, though no word says so. */
export function wasEarned(clause: string): boolean {
  const once = lastOf(ONCE, clause);
  const told = clause.slice(once);
  return once !== -1 && lastOf(NOW, clause) < once && (EARNS.test(told) || ONLY_ONCE.test(told));
}

/** Whether the words before `start` put it into another time: 以前月薪2万, 以前在工厂上班，月薪8000. */
export function isOnce(text: string, start: number): boolean {
  const lead = sentenceBefore(text, start);
  const [once, now] = [lastOf(ONCE, lead), lastOf(NOW, lead)];
  if (once === -1 || now > once) return false;
  const clause = clauseBefore(lead, lead.length);
  if (once >= lead.length - clause.length) return !SAID.test(lead.slice(once));
  const told = clauseAfter(lead, once);
  return WORKED.test(told) && !BORROWED.test(told) && !HIMSELF.test(clause);
}

const SOMEBODY = new RegExp(`^\\s*(?:但是?|而且|后来|现在|去年|今年)*${OWNER}`, 'u');

/** Whether a clause says that the customer's own work has ended. */
function says(clause: string, pattern: RegExp): boolean {
  const end = pattern.exec(clause);
  if (end === null || SOMEBODY.test(clause) || RELATIVE_IN_ENGLISH.test(clause)) return false;
  const [before, after] = [clause.slice(0, end.index + end[0].length), clause.slice(end.index + end[0].length)];
  return !NOT_LOST.test(before) && !OF_ANOTHER.test(after);
}

function clausesAfter(text: string, end: number): readonly string[] {
  return text.slice(end, end + REACH).split(/[,，。;；!！?？\n]/u);
}

/** 月薪2万，上个月失业了: what follows takes it away. */
function isLostAfter(text: string, end: number): boolean {
  return clausesAfter(text, end).some(
    (clause) => lastOf(ONCE, clause) === -1 && [JOB_LOST, CLOSED, RETIRED].some((pattern) => says(clause, pattern)),
  );
}

/** 刚失业，月薪2万: the wage of the job that is gone, unless there is another one by now. */
function isLostBefore(text: string, start: number, isTrade: boolean): boolean {
  const lead = sentenceBefore(text, start);
  const clauses = lead.split(/[,，]/u);
  const at = clauses.findLastIndex(
    (clause) =>
      (!isTrade && says(clause, JOB_LOST)) ||
      ((isTrade || WAS.test(lead)) && says(clause, CLOSED)) ||
      (WAS.test(lead) && says(clause, RETIRED)),
  );
  if (at === -1) return false;
  const since = clauses.slice(at).join(',');
  const lost = JOB_LOST.exec(since) ?? CLOSED.exec(since) ?? RETIRED.exec(since);
  return !BACK_AT_WORK.test(since.slice((lost?.index ?? 0) + (lost?.[0].length ?? 0)));
}

const CHANGES = '[下上]?[降减跌掉滑缩涨升变加提增](?:少|低|薪|水|高|加|了)?(?:到|至|成|为)了?';
const UNTIL = '(?:每?一?个?[年月]|现在|目前|只有|大概|差不多|剩|的)*';
const CHANGED_AFTER = new RegExp(
  `^\\s?(?:元|块钱?)?(?:[,，]\\s?(?:今年|后来|最近|上个月|去年)?)?(?:左右|多|一个月|每个?月|现在|目前|就|已经?|都|被|直接)*${CHANGES}${UNTIL}[\\d${NUMERAL_CHARACTERS}]`,
  'u',
);
const CHANGED_BEFORE = new RegExp(`${CHANGES}${UNTIL}$`, 'u');
const CHANGED_IN_ENGLISH =
  /\b(?:dropped|drop|fell|fallen|went|gone|cut|reduced|down|rose|risen|increased|raised|up)\b[^.;]{0,40}$/iu;
const UP_TO_SUM = /^(?: (?:a|per) month)? (?:(?:dropped|fell|went|cut|reduced|down|up) ){0,2}to \d/iu;

/** 月薪从2万降到8000: whether a sum is the one that another one stands in for. */
export function isChangedFrom(text: string, { start, end }: Span): boolean {
  const after = text.slice(end, end + REACH);
  return CHANGED_AFTER.test(after) || (UP_TO_SUM.test(after) && CHANGED_IN_ENGLISH.test(clauseBefore(text, start)));
}

/** 月薪从2万降到8000: whether the words before a sum say that it stands in for another one. */
export function isChangedTo(before: string): boolean {
  return (
    CHANGED_BEFORE.test(before) ||
    (/ to $/iu.test(before) && CHANGED_IN_ENGLISH.test(before) && /\bfrom\b/iu.test(before))
  );
}

/** Whether what was earned is not earned any more; `isTrade`: with a shop or a factory. */
export function isEarnedNoMore(text: string, { start, end }: Span, isTrade = false): boolean {
  if (isOnce(text, start) || BEFORE_THAT.test(text.slice(end, end + REACH))) return true;
  const around = clauseBefore(text, start) + clauseAfter(text, end);
  return !PENSION.test(around) && (isLostAfter(text, end) || isLostBefore(text, start, isTrade));
}

/** 不开餐馆了 */
const NOT_ANY_MORE = /(?:不再?|没(?:有|再)?)[开做干]$/u;

/** Whether a trade is no longer his: 以前开过餐馆, 开了家餐馆去年倒闭了. */
export function isGivenUp(text: string, { start, end }: Span): boolean {
  const clauses = clausesAfter(text, end);
  if (says(clauseBefore(text, start), CLOSED) || NOT_ANY_MORE.test(text.slice(Math.max(0, start - 4), start)))
    return true;
  return isOnce(text, start) || clauses.slice(0, 3).some((clause) => says(clause, CLOSED) || says(clause, RETIRED));
}

const BESIDE_NOW =
  /公司|[降涨加减]薪了?|但是?|可是?|不过|而|那|每?[一个]?个?月|每?一?年|只|就|也|才|剩|有|是|我|他|她|客户|大概|大约|差不多|降[到成至]?|到|\s|\b(?:but|only|just|he|she|i|makes?|gets?|about|around|it['’]s|it|is|at|to|down|a|month)\b/giu;

/** 以前月薪5万，现在2万: whether the clause around a sum says nothing but its time. */
export function isSaidOfNow(before: string, after: string): boolean {
  return [before, `${before} ${after}`].some(
    (clause) => lastOf(NOW, clause) !== -1 && clause.replaceAll(NOW, '').replaceAll(BESIDE_NOW, '') === '',
  );
}
