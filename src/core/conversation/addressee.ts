/**
 * Whom a sentence speaks of: K301 金额改成60万 · 张伟的金额改成60万 · 客户张伟 137… 80万. A form holds one person; what is said of
 * another never gets into it, neither as a correction nor in passing.
 */
import type { BusinessDate } from '../../lib/business-date.ts';
import { toHalfWidth } from '../../lib/mask.ts';
import { parseShortId } from './command.ts';
import { prompt } from './prompt.ts';
import type { Reading } from './protocol.ts';
import { readMessage } from './reading.ts';
import { sayOn } from './say.ts';
import type { Frame, PendingChange } from './state.ts';
import type { Turn } from './turn.ts';
import { CERTAIN, parsePhone, toSimplified, understandLead, type Fact } from './understand/index.ts';
import { designation } from './values.ts';
import { holdsOnePerson, isAbout, same, valueOf } from './whose.ts';

/** Somebody named before what is to be changed; the verb belongs to the correction that follows. */
const ADDRESS =
  /^(?:请|帮我|麻烦)?(?:给|for\s)?(?<verb>把|将|修改|更正|改|(?:change|set|correct)\s)?\s*(?:客户)?\s*(?<who>[KAL]\d{1,8}(?![\dA-Z])|\+?\d[\d -]{9,15}\d|[\u4e00-\u9fa5]{2,5}?(?=(?:[那这](?:个|边|里|位|笔|单|家))?[\s,，:：]))(?:[那这](?:个|边|里|位|笔|单|家)|的|[\s,，:：])*(?<rest>.+)$/isu;
/** A customer's number before plain facts; shorter ones are also models of cars. */
const CUSTOMER_NUMBER = /^K\d{2,8}$/iu;
/** Words before a field's name that name nobody. */
const NOBODY =
  /^(?:请|帮我|麻烦|把|将|客户|顾客|借款人|申请人|本人|个人|自己|他们?|她们?|我们?|你们?|您|咱|这|那|该|位|个|笔|条|单|的|贷款|借款|申请|需求|想|要|总|每月|月|家庭|名下|实际|目前|现在|刚才|刚刚|之前|前面|上面|昨天|说|写|填|报|the|his|her|their|my|loan|requested|customer's|customer|\s)*$/iu;
/** 客户张伟 · 录一个 张伟: a new person, whether he has a phone or not. */
const NEW_PERSON = /(?:客户|新增|新线索|新进件|录入?一?(?:个|位|下)?)(?:是|叫|姓名)?[是为:：\s]*$/u;
/** 一客户, 来了个客户, 又有位新客户; but 一个客户介绍的 only brings somebody. */
const NEW_CUSTOMER =
  /(?:[一有来加接录新]|另外?|介绍|推荐|转来|带来)了?一?[个位名]?(?:新的?)?客户(?!介绍|推荐|带|经理|群|订单|欠|资源|源)/u;
/** 还有个…, 又来一个…: also said of houses and telephones, so somebody has to follow. */
const ONE_MORE =
  /(?:还有|又有|又来了?|再来|再录|又加了?|介绍了?|推荐了?|另外有?|另有|还来了?|刚[加来接]了?|下)一?[个位](?!号|电话|手机|房|车|店|公司|孩子)/u;
/** A name standing alone is read with this much certainty. */
const NAME_ALONE = 0.8;

/** What a message says to the open form; `undefined` when it speaks of another case, which has been said. */
export function heardByDraft(
  turn: Turn,
  text: string,
  reading: Reading,
): { readonly text: string; readonly reading: Reading } | undefined {
  const groups = ADDRESS.exec(toHalfWidth(text).trim())?.groups;
  const who = groups?.['who'];
  const open = turn.frames().filter((frame) => holdsOnePerson(turn, frame));
  if (who === undefined || (open.length === 0 && turn.top)) return { text, reading };
  const rest = `${groups?.['verb'] ?? ''}${groups?.['rest'] ?? ''}`;
  const said = readMessage(rest, turn.tools.today);
  if (!names(who, reading, said, turn.tools.today)) return { text, reading };
  if (answersWithPhone(turn, who, said)) return { text, reading };
  // With nothing open at all it is a change of a case that has to be opened first.
  if (open.length === 0)
    return { text, reading: said.correction ? { ...reading, correction: said.correction } : reading };
  const frame = open.find((candidate) => isAbout(turn, candidate, who));
  if (!frame) {
    sayOtherOpen(turn, who);
    return undefined;
  }
  turnTo(turn, frame);
  turn.input = { ...turn.input, text: rest, reading: said };
  return { text: rest, reading: said };
}

/** Whether `who` is a case or a person, and the rest something to be written there. */
function names(who: string, reading: Reading, said: Reading, today: BusinessDate): boolean {
  if (CUSTOMER_NUMBER.test(who)) return said.correction !== undefined || said.understanding.facts.length > 0;
  if (said.correction === undefined) return false;
  if (parseShortId(who) !== undefined || parsePhone(who) !== undefined) return true;
  // 王五那个 says no name by itself; 王五 does
  return [...reading.understanding.facts, ...understandLead(who, today).facts].some(
    (fact) => fact.name === 'name' && same(String(fact.value), who),
  );
}

/** 135… 打错了 while the number is asked for and there is none: the number is the answer, whatever was mistyped before. */
function answersWithPhone(turn: Turn, who: string, { correction }: Reading): boolean {
  const frame = turn.top;
  const asked = frame?.wait === 'slot' ? frame.asked : undefined;
  if (!frame || asked === undefined || frame.slots[asked]?.value !== undefined) return false;
  const isPhone = turn.flowOf(frame).slots.get(asked)?.type === 'phone' && parsePhone(who) !== undefined;
  return isPhone && correction?.value === '';
}

/** Whether the words before a field's name ("何女士的" in 何女士的金额) mean the form's own person, or nobody in particular. */
export function speaksOfDraft(turn: Turn, frame: Frame, words: string): boolean {
  if (!turn.flowOf(frame).slotOfFact.has('name') || NOBODY.test(words)) return true;
  return isAbout(turn, frame, personIn(words));
}

function personIn(words: string): string {
  return words
    .replace(/^(?:请|帮我|麻烦)?(?:把|将)?(?:客户)?\s*/u, '')
    .replace(/(?:[那这](?:个|边|里|位|笔|单|家)|的|'s)*\s*$/iu, '');
}

/** Brings a form to the top; of two people's forms it is said which one has the word now. */
export function turnTo(turn: Turn, frame: Frame): void {
  const present = turn.frames().find((candidate) => holdsOnePerson(turn, candidate));
  if (present !== frame && holdsOnePerson(turn, frame))
    sayOn(turn, frame, 'conversation.switched', { params: { open: designation(turn, frame) } });
  turn.raise(frame);
}

/** "That is about K301, K309 is open": which form is open and how to get to the other. Nothing is changed. */
export function sayOtherOpen(turn: Turn, words: string): void {
  const frame = turn.frames().find((candidate) => holdsOnePerson(turn, candidate)) ?? turn.top;
  if (!frame) return;
  const who = personIn(words);
  const phone = parsePhone(who);
  const number = parseShortId(who);
  sayOn(turn, frame, 'conversation.other_open', {
    params: {
      who:
        phone === undefined ? { kind: 'plain', value: number ?? who } : { kind: 'slot', type: 'phone', value: phone },
      open: designation(turn, frame),
      number: { kind: 'plain', value: number?.startsWith('K') === true ? number : 'none' },
    },
  });
  prompt(turn);
}

/** Who a sentence seems to be about instead: his name or phone as a proposed change, or nothing to call him by. */
type Other = Pick<PendingChange, 'slot' | 'value'>;

/**
 * Whether a sentence with several facts is about somebody else than the form, and what tells it: another phone, another name
 * that is announced (客户张伟), has a phone of its own or opens the message (阿强 10万), an introduction of somebody new, or
 * digits that are meant as a phone and are none. What was asked for just now is an answer.
 */
export function someoneElse(turn: Turn, frame: Frame, reading: Reading): Other | undefined {
  const flow = turn.flowOf(frame);
  const facts = reading.understanding.facts.filter((fact) => flow.slotOfFact.has(fact.name));
  if (facts.length === 0) return undefined;
  const phone = differing(turn, frame, 'phone', facts);
  if (facts.length > 1 && phone && phone.confidence >= CERTAIN) return proposed(turn, frame, phone);
  const name = differing(turn, frame, 'name', facts);
  if (facts.length > 1 && name && isNamedAnew(turn, frame, name, facts)) return proposed(turn, frame, name);
  if (!isIntroduction(turn, frame, reading, name)) return undefined;
  const slot = flow.slotOfFact.get('name');
  return name ? proposed(turn, frame, name) : slot === undefined ? undefined : { slot };
}

function proposed(turn: Turn, frame: Frame, { name, value }: Fact): Other | undefined {
  const slot = turn.flowOf(frame).slotOfFact.get(name);
  return slot === undefined ? undefined : { slot, value };
}

/** The sentence's name or phone, when the form has another one and is not asking for it. */
function differing(turn: Turn, frame: Frame, name: 'name' | 'phone', facts: readonly Fact[]): Fact | undefined {
  const flow = turn.flowOf(frame);
  const slot = flow.slotOfFact.get(name);
  if (slot === undefined || flow.slots.get(slot)?.guarded !== true) return undefined;
  if (frame.wait === 'slot' && frame.asked === slot) return undefined;
  const present = valueOf(turn, frame, name);
  const fact = facts.find((candidate) => candidate.name === name && candidate.confidence >= NAME_ALONE);
  return present === undefined || !fact || same(present, String(fact.value)) ? undefined : fact;
}

function isNamedAnew(turn: Turn, frame: Frame, name: Fact, facts: readonly Fact[]): boolean {
  if (isAbout(turn, frame, String(name.value))) return false;
  const given = facts.find((fact) => fact.name === 'phone');
  if (given && given.value !== valueOf(turn, frame, 'phone')) return true;
  const before = plainText(turn).slice(0, plainText(turn).indexOf(toSimplified(String(name.value))));
  const isWord = facts.some((fact) => fact !== name && fact.start < name.end && name.start < fact.end); // 安庆 is a city
  const wants = facts.some((fact) => fact.name === 'amount');
  return NEW_PERSON.test(before) || (before.trim() === '' && wants && !isWord);
}

/** 刚加了一客户 · 还有个… with a person or a phone behind it · 手机1374444777 beside other facts. None is needed to be valid. */
function isIntroduction(turn: Turn, frame: Frame, { understanding }: Reading, name: Fact | undefined): boolean {
  if (valueOf(turn, frame, 'name') === undefined && valueOf(turn, frame, 'phone') === undefined) return false;
  const asked = frame.wait === 'slot' ? frame.asked : undefined;
  const { slotOfFact } = turn.flowOf(frame);
  const plain = plainText(turn);
  const isMistyped = understanding.problems.some(({ name: fact, code }) => fact === 'phone' && code === 'phone');
  if (isMistyped && asked !== slotOfFact.get('phone') && valueOf(turn, frame, 'phone') !== undefined) return true;
  if (NEW_CUSTOMER.test(plain)) return true;
  return ONE_MORE.test(plain) && (isMistyped || name !== undefined);
}

function plainText(turn: Turn): string {
  return toSimplified(toHalfWidth(turn.input.text));
}
