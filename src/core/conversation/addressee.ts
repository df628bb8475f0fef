/**
 * Whom a sentence speaks of: K301 金额改成60万 · 张伟的金额改成60万 · 客户张伟 137… 80万. A form holds one person; what is said of
 * another never gets into it, neither as a correction nor in passing.
 */
import type { BusinessDate } from '../../lib/business-date.ts';
import { toHalfWidth } from '../../lib/mask.ts';
import { parseShortId } from './command.ts';
import { prompt } from './prompt.ts';
import type { FlowTable, Param, Reading } from './protocol.ts';
import { readMessage } from './reading.ts';
import { sayOn } from './say.ts';
import type { ConversationState, Frame } from './state.ts';
import type { Turn } from './turn.ts';
import { CERTAIN, parsePhone, toSimplified, understandLead, type Fact } from './understand/index.ts';
import { slotParam } from './values.ts';

/** Somebody named before what is to be changed; the verb belongs to the correction that follows. */
const ADDRESS =
  /^(?:请|帮我|麻烦)?(?:给|for\s)?(?<verb>把|将|修改|更正|改|(?:change|set|correct)\s)?\s*(?:客户)?\s*(?<who>[KAL]\d{1,8}(?![\dA-Z])|\+?\d[\d -]{9,15}\d|[\u4e00-\u9fa5]{2,5}?(?=(?:[那这](?:个|边|里|位|笔|单|家))?[\s,，:：]))(?:[那这](?:个|边|里|位|笔|单|家)|的|[\s,，:：])*(?<rest>.+)$/isu;
/** A customer's number before plain facts; shorter ones are also models of cars. */
const CUSTOMER_NUMBER = /^K\d{2,8}$/iu;
/** Words before a field's name that name nobody. */
const NOBODY =
  /^(?:请|帮我|麻烦|把|将|客户|顾客|借款人|申请人|本人|个人|自己|他们?|她们?|我们?|你们?|您|咱|这|那|该|位|个|笔|条|单|的|贷款|借款|申请|需求|想要?|要|总|每月|月|家庭|名下|实际|目前|现在|刚才|刚刚|之前|前面|上面|昨天|说|写|填|报|the|his|her|their|my|loan|requested|customer's|customer|\s)*$/iu;
const FORM_OF_ADDRESS = /^(?<surname>[\u4e00-\u9fa5]{1,2})(?:女士|先生|小姐|太太|老板|总|经理|哥|姐|叔|阿姨|老师)$/u;
/** 客户张伟 · 录一个 张伟: a new person, whether he has a phone or not. */
const NEW_PERSON = /(?:客户|新增|新线索|新进件|录入?一?(?:个|位|下)?)(?:是|叫|姓名)?[是为:：\s]*$/u;
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

/** A form with somebody's name in it; whoever waits for an operation or a called flow lies below it. */
function holdsOnePerson(turn: Turn, frame: Frame): boolean {
  return turn.flowOf(frame).slotOfFact.has('name') && frame.wait !== 'call' && frame.wait !== 'operation';
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

function isAbout(turn: Turn, frame: Frame, who: string): boolean {
  const id = parseShortId(who);
  if (id !== undefined) return numbersOf(frame).includes(id);
  const phone = parsePhone(who);
  if (phone !== undefined) return valueOf(turn, frame, 'phone') === phone;
  const name = valueOf(turn, frame, 'name');
  if (name === undefined) return false;
  if (same(name, who)) return true;
  // 何女士 may be 何丽, but neither 何先生 nor 何总.
  const surname = FORM_OF_ADDRESS.exec(toSimplified(who))?.groups?.['surname'];
  return surname !== undefined && !FORM_OF_ADDRESS.test(toSimplified(name)) && toSimplified(name).startsWith(surname);
}

function same(one: string, other: string): boolean {
  return toSimplified(one).toLowerCase() === toSimplified(other).toLowerCase();
}

function valueOf(turn: Turn, frame: Frame, fact: 'name' | 'phone'): string | undefined {
  const value = frame.slots[turn.flowOf(frame).slotOfFact.get(fact) ?? '']?.value;
  return value === undefined ? undefined : String(value);
}

/** The numbers of the form's own case; a collision names somebody else's. */
function numbersOf(frame: Frame): readonly string[] {
  const records = [...Object.values(frame.results), ...Object.values(frame.inputs)];
  return records.flatMap((record) => {
    if (typeof record !== 'object' || record === null || ('kind' in record && record.kind === 'collision')) return [];
    return Object.values(record).flatMap((value) => (typeof value === 'string' ? (parseShortId(value) ?? []) : []));
  });
}

/** The K-number of the form that has the word; `undefined` when none is open, or it is nobody's on file yet. */
export function openCase({ frames }: ConversationState, flows: Pick<FlowTable, 'get'>): string | undefined {
  const form = frames.findLast(({ flow, version }) => flows.get(flow, version)?.slotOfFact.has('name') === true);
  return form && numbersOf(form).find((number) => number.startsWith('K'));
}

/** Brings a form to the top; of two people's forms it is said which one has the word now. */
export function turnTo(turn: Turn, frame: Frame): void {
  const present = turn.frames().find((candidate) => holdsOnePerson(turn, candidate));
  if (present !== frame && holdsOnePerson(turn, frame))
    sayOn(turn, frame, 'conversation.switched', { params: { open: designation(turn, frame) } });
  turn.raise(frame);
}

/** A form's case by its number, otherwise its person by name. */
function designation(turn: Turn, frame: Frame): Param {
  const flow = turn.flowOf(frame);
  const number = numbersOf(frame).find((candidate) => CUSTOMER_NUMBER.test(candidate));
  if (number !== undefined) return { kind: 'plain', value: number };
  const slot = flow.slotOfFact.get('name') ?? '';
  return slotParam(flow, slot, frame.slots[slot]?.value) ?? { kind: 'text', key: flow.definition.title };
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
        phone === undefined
          ? { kind: 'plain', value: number ?? who }
          : { kind: 'slot', type: 'phone', value: phone, personal: true },
      open: designation(turn, frame),
      number: { kind: 'plain', value: number?.startsWith('K') === true ? number : 'none' },
    },
  });
  prompt(turn);
}

/**
 * The fact that tells that a sentence with several facts is about somebody else than the form: another phone, or another
 * name that is announced (客户张伟) or has a phone of its own. What was asked for just now is an answer.
 */
export function someoneElse(turn: Turn, frame: Frame, { understanding }: Reading): Fact | undefined {
  const flow = turn.flowOf(frame);
  const facts = understanding.facts.filter((fact) => flow.slotOfFact.has(fact.name));
  if (facts.length < 2) return undefined;
  const differing = (name: 'name' | 'phone', confidence: number): Fact | undefined => {
    const slot = flow.slotOfFact.get(name);
    if (slot === undefined || flow.slots.get(slot)?.guarded !== true) return undefined;
    if (frame.wait === 'slot' && frame.asked === slot) return undefined;
    const present = valueOf(turn, frame, name);
    const fact = facts.find((candidate) => candidate.name === name && candidate.confidence >= confidence);
    return present === undefined || !fact || same(present, String(fact.value)) ? undefined : fact;
  };
  const phone = differing('phone', CERTAIN);
  if (phone) return phone;
  const name = differing('name', NAME_ALONE);
  if (!name || isAbout(turn, frame, String(name.value))) return undefined;
  const given = facts.find((fact) => fact.name === 'phone');
  if (given && given.value !== valueOf(turn, frame, 'phone')) return name;
  const plain = toSimplified(toHalfWidth(turn.input.text));
  return NEW_PERSON.test(plain.slice(0, plain.indexOf(toSimplified(String(name.value))))) ? name : undefined;
}
