/** Which field a correction without a name means: 不对，是40万 · 不是36期，是24期. The value's type decides, then its size. */
import { parseYuan } from '../../lib/money.ts';
import type { Correction } from './correction.ts';
import type { Frame } from './state.ts';
import type { Turn } from './turn.ts';
import { findMoney, parseAnswer, parsePhone, toSimplified, type AnswerType } from './understand/index.ts';
import type { BusinessDate } from '../../lib/business-date.ts';

/**
 * The filled slot that a correction without a name replaces; `undefined` when there is none or when it cannot be told. What
 * it denies is what stands there (不是装修是开餐馆); otherwise the value's type decides, and of several
 * amounts the one closest in size is meant: nobody corrects a monthly payment of 6 200 into 400 000.
 */
export function slotMeantBy(
  turn: Turn,
  frame: Frame,
  { value, denied, isDenial, isAfterAll }: Correction,
): string | undefined {
  const flow = turn.flowOf(frame);
  const { today } = turn.tools;
  const wrong = denied === undefined ? undefined : slotHolding(turn, frame, denied);
  if (wrong !== undefined) return wrong;
  const plain = toSimplified(value);
  // 不是20万是50万，36期: what is put right stands first
  const type = typeOf(plain, today) ?? typeOf(plain.split(/[,，\s]+/u, 1)[0] ?? '', today);
  // 城市改深圳; where 老公改做装修 is plain talk
  if (type === undefined && isDenial === true) return flow.slotOfWord.get(denied ?? '');
  const asked = frame.wait === 'slot' ? (frame.asked ?? '') : '';
  // 还是30万吧 where an amount is asked for is the answer
  const isOpen = frame.slots[asked]?.value === undefined && flow.slots.get(asked)?.type === type;
  if (isAfterAll === true && type !== undefined && isOpen) return undefined;
  const filled = [...flow.slots.keys()].filter((name) => frame.slots[name]?.value !== undefined);
  const ofType = filled.filter((name) => flow.slots.get(name)?.type === type);
  if (ofType.length > 1 && type === 'money') return closest(ofType, frame, value, today);
  if (ofType.length > 0) return ofType.length === 1 ? ofType[0] : undefined;
  const empty = [...flow.slots].flatMap(([name, slot]) => (slot.type === type ? [name] : []));
  if (isAfterAll === true && empty.length === 1) return empty[0]; // make it 24 months, where there is no term yet
  const facts = turn.input.reading?.understanding.facts ?? [];
  const named = facts.flatMap((fact) => flow.slotOfFact.get(fact.name) ?? []).filter((name) => filled.includes(name));
  return named.length === 1 ? named[0] : undefined;
}

/** The one slot whose value these words say (广州改成深圳: the city); `undefined` when there is none, or more than one. */
export function slotHolding(turn: Turn, frame: Frame, words: string): string | undefined {
  const [only, second] = [...turn.flowOf(frame).slots].flatMap(([name, { type }]) => {
    const parsed = parseAnswer(type, words, turn.tools.today);
    return 'value' in parsed && parsed.value === frame.slots[name]?.value ? [name] : [];
  });
  return second === undefined ? only : undefined;
}

/** The type of a value that says nothing else; an amount without a unit is one too, its unit is asked for. */
function typeOf(value: string, today: BusinessDate): AnswerType | undefined {
  if (parsePhone(value) !== undefined) return 'phone';
  if ('value' in parseAnswer('term', value, today) && /[期月年]|month|year|instal/iu.test(value)) return 'term';
  const [only, second] = findMoney(value);
  const rest = only && !second ? `${value.slice(0, only.start)}${value.slice(only.end)}` : value;
  return /^(?:左右|吧|整|[。!！\s])*$/u.test(rest) ? 'money' : undefined;
}

function closest(names: readonly string[], frame: Frame, value: string, today: BusinessDate): string | undefined {
  const parsed = parseAnswer('money', value, today);
  if ('problem' in parsed) return undefined;
  const size = Math.log(Number(parseYuan(String(parsed.value)) ?? 1n));
  const distance = (name: string): number =>
    Math.abs(Math.log(Number(parseYuan(String(frame.slots[name]?.value)) ?? 1n)) - size);
  return names.toSorted((a, b) => distance(a) - distance(b))[0];
}
