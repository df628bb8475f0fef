/**
 * What people write about a decision: after a press on a card that still wants a reason or a colleague, or instead of a press.
 * A decision stands for ever, so words count as its reason only where they can be nothing else. Pure.
 */
import { toHalfWidth } from '../../lib/mask.ts';
import { isCourtesy, parseReply, toSimplified } from '../conversation/index.ts';
import { REASONS } from '../approval/index.ts';

/** What an answer to the question after a press is. */
export type DecisionWords =
  /** He does not want to decide now, or pressed the wrong button. */
  | { readonly kind: 'withdrawn' }
  /** One of the reasons that were offered, by its place. */
  | { readonly kind: 'offered'; readonly code: (typeof REASONS)[number] }
  /** Too short to be a reason, a question, a bare yes: asked back. */
  | { readonly kind: 'unclear' }
  /** What was asked for, in words. */
  | { readonly kind: 'words' };

const CLAUSE_END = /[\s,，。.!！?？;；、…~～:：]+/u;
const APOLOGY = /^(?:不好意思|抱歉|对不起|哎呀?|啊|呃|额|哦|嗯|噢|sorry|oops|oh|ah)$/u;
/** A whole clause: 算了一下负债率 is none. 我先看看… speaks of himself, whatever he looks at. */
const WITHDRAWS = new RegExp(
  `^(?:${[
    '(?:我|刚才?|是|先|还是|那|就|都|好吧?)*(?:算了|[点按摁选弄搞]错(?:了|人|按钮|卡片?|地方)*|手滑|误[点触按操]作?|不(?:用|要)?了|(?:先|还?是?)?不(?:要|用)?(?:处理|拒绝?|退回?|转办?|弄|动)了?|先不|别(?:拒绝?|退回?|转|处理)?|等等|等一?下|稍等(?:一?下)?|等一?会儿?|慢着|且慢|不急|别急|再说|先?放(?:着|一放|一下)|撤回|撤销|取消|收回|反悔|没想好)',
    '(?:让?我)?(?:想|要|得)?(?:再|先)*(?:看看|看一?下|想想|想一?下|考虑一?下|核实一?下|问问|问一?下|确认一?下|查一?下)(?:再说)?',
    '让?我(?:想|要|得)?(?:再|先)+去?(?:看|查|问|想|核|考虑|确认|了解).*',
  ].join('|')})[吧了啊哈呀哦噢喔嘛啦先]*$`,
  'u',
);
/** Nobody takes a press back in more characters; it bounds the pattern. */
const LONGEST_CLAUSE = 60;
const WITHDRAWS_IN_ENGLISH =
  /^(?:(?:oh|ah|no|sorry|oops|please)[,.! ]+)*(?:never ?mind|wait(?: a (?:moment|minute|second|sec|bit))?|hold on|hang on|(?:i )?(?:pressed |hit |tapped )?(?:the )?wrong (?:button|one|card|case)|(?:my |a |by )mistake|forget (?:it|that)|not (?:yet|now)|cancel (?:it|that|this)|undo(?: (?:it|that))?|don'?t|(?:let me|i'?ll|i will) (?:first |just )?(?:look|check|think|ask|see)\b.*)(?=$|[,.!;…]| (?:i|let|please|sorry)\b)/u;
/** Another verb than the one pressed, or what somebody says who is not sure: it may be anything, so it is asked back. */
const SECOND_THOUGHTS = new RegExp(
  [
    '(?<![不没未有能法])(?:通过|同意|批准)(?:$|[吧了啊呀的])|\\bapproved?\\b',
    '(?:不是?|没|别)(?:想|要)?(?:拒绝?|退回|转办|转交)',
    '^(?:我|刚才?|是|就|不好意思|抱歉|对不起|哎呀)*(?:[点按摁选看认打发弄搞][错混](?:了|$)|不是(?:这|我的|要))',
    '搞混|改主意|后悔|不着急|先不[要了]?$|(?:晚点|待会儿?|一会儿?)再?(?:看|说|弄|定|处理|$)|怎么撤',
    '^(?:先|再)?等(?:我|一)|^(?:先|我|让)*问(?!题)|\\bi meant\\b|changed my mind',
  ].join('|'),
  'u',
);
const QUESTION = /[?？]$|[吗呢么]$/u;
/** Letters of any script that make a reason; 好的 and 流水 are no sentence. */
const SHORTEST = 3;
const PLACE = /^(?:第|选|#)?(?<place>[1-9一二三四五六七])[个条项号]?[.、。)]?$/u;
const CHINESE_PLACES = '一二三四五六七';

/** Reads the answer to the question after a press of `verb`. A name may be as short as it likes, a reason may not. */
export function readDecisionWords(verb: string, words: string): DecisionWords {
  const plain = plainly(words);
  const clauses = plain.split(CLAUSE_END).filter((clause) => clause !== '' && !APOLOGY.test(clause));
  const [first = '', ...others] = clauses;
  if (withdraws(first) || WITHDRAWS_IN_ENGLISH.test(plain) || parseReply(plain) === 'no') return { kind: 'withdrawn' };
  // 负债高、逾期多、等等 is a list; 没有流水，算了 may be meant either way.
  if (others.some((clause) => clause !== '等等' && withdraws(clause))) return { kind: 'unclear' };
  if (clauses.some((clause) => SECOND_THOUGHTS.test(clause))) return { kind: 'unclear' };
  if (verb === 'hand_over') return { kind: 'words' };
  const code = verb === 'reject' ? offeredAt(plain) : undefined;
  if (code !== undefined) return { kind: 'offered', code };
  return isContentless(plain) ? { kind: 'unclear' } : { kind: 'words' };
}

/** The reason at the place that is named: 2, 第二个. */
function offeredAt(plain: string): (typeof REASONS)[number] | undefined {
  const place = PLACE.exec(plain)?.groups?.['place'] ?? '0';
  return REASONS[Number(CHINESE_PLACES.indexOf(place) + 1 || place) - 1];
}

function withdraws(clause: string): boolean {
  return clause.length <= LONGEST_CLAUSE && WITHDRAWS.test(clause);
}

function isContentless(plain: string): boolean {
  const letters = plain.match(/\p{L}/gu)?.length ?? 0;
  return (
    letters < SHORTEST ||
    QUESTION.test(plain) ||
    parseReply(plain) !== undefined ||
    isCourtesy(plain) ||
    BARE.test(plain)
  );
}

/** A decision that somebody types instead of pressing it. */
export interface TypedDecision {
  /** As on the card's button. */
  readonly verb: 'approve' | 'reject' | 'return' | 'hand_over';
  /** The case, A1087; absent where only the verb is said. */
  readonly application?: string;
}

const CASE = '(?:it|this|that|this one|that one|the case|the file)';
const VERBS: Readonly<Record<TypedDecision['verb'], string>> = {
  approve: `(?:审批|审核|可以|准予)?通过|同意|批准|approve ${CASE}|approved?`,
  reject: `拒绝|拒批|否决|不通过|不同意|驳回|(?:reject|decline) ${CASE}|reject(?:ed)?|declined?`,
  return: `退回(?:补件)?|退件|打回|return ${CASE}|returned?|send (?:${CASE} )?back`,
  hand_over: '转办|转交|hand ?over',
};
const VERB = Object.entries(VERBS)
  .map(([verb, words]) => `(?<${verb}>${words})`)
  .join('|');
/** 通过了吗 is a question, 退回流水没有 without a space may be anything. */
const REST = '[吧了啦掉它]?(?<rest>$|[\\s,，。.!！:：;；].*)';
const BARE = new RegExp(`^(?:${VERB})[吧了啦掉它]?[。.!！]?$`, 'u');
const NUMBER_FIRST = new RegExp(`^(?<application>a\\d{1,9})[\\s,，:：]*(?:${VERB})${REST}`, 'su');
const VERB_FIRST = new RegExp(`^(?:${VERB})[\\s,，:：]*(?<application>a\\d{1,9})${REST}`, 'su');

/** Without a number only words that speak of the case, and then of why: 退回，流水不全 · send it back for the payslip. */
const WITH_REASON = new RegExp(
  `^(?:(?:请|麻烦|先|please )\\s?)?(?:(?<return>(?:退回|打回)(?:补件|去)?|退件|(?:send|give) ${CASE} back|return ${CASE})|(?<reject>拒绝|否决|驳回|(?:reject|decline) ${CASE})|(?<approve>approve ${CASE}))吧?(?:[,，。:：;；]\\s*\\S|\\.?\\s*[-—]+\\s*\\S|\\. \\S| (?:for|because|since|as|until|due to)\\b)`,
  'u',
);

/** The decision a message tries to make; `undefined` for everything else. */
export function readTypedDecision(words: string): TypedDecision | undefined {
  const plain = plainly(words);
  if (QUESTION.test(plain)) return undefined;
  const groups = (NUMBER_FIRST.exec(plain) ?? VERB_FIRST.exec(plain) ?? BARE.exec(plain) ?? WITH_REASON.exec(plain))
    ?.groups;
  const verb = (Object.keys(VERBS) as TypedDecision['verb'][]).find((one) => groups?.[one] !== undefined);
  if (verb === undefined) return undefined;
  const application = groups?.['application']?.toUpperCase();
  return application === undefined ? { verb } : { verb, application };
}

function plainly(words: string): string {
  return toSimplified(toHalfWidth(words)).replaceAll('’', "'").trim().toLowerCase();
}
