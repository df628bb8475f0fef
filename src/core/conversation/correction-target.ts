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
export function slotMeantBy(turn: Turn, frame: Frame, { value, denied }: Correction): string | undefined {
  const flow = turn.flowOf(frame);
  const { today } = turn.tools;
  const wrong = denied === undefined ? [] : slotsHolding(turn, frame, denied);
  if (wrong.length === 1) return wrong[0];
  const plain = toSimplified(value);
  // 不是20万是50万，36期: what is put right stands first
  const type = typeOf(plain, today) ?? typeOf(plain.split(/[,，\s]+/u, 1)[0] ?? '', today);
  const filled = [...flow.slots.keys()].filter((name) => frame.slots[name]?.value !== undefined);
  const ofType = filled.filter((name) => flow.slots.get(name)?.type === type);
  if (ofType.length > 1 && type === 'money') return closest(ofType, frame, value, today);
  if (ofType.length > 0) return ofType.length === 1 ? ofType[0] : undefined;
  const facts = turn.input.reading?.understanding.facts ?? [];
  const named = facts.flatMap((fact) => flow.slotOfFact.get(fact.name) ?? []).filter((name) => filled.includes(name));
  return named.length === 1 ? named[0] : undefined;
}

/** The slots whose value these words say. */
function slotsHolding(turn: Turn, frame: Frame, words: string): readonly string[] {
  return [...turn.flowOf(frame).slots].flatMap(([name, { type }]) => {
    const parsed = parseAnswer(type, words, turn.tools.today);
    return 'value' in parsed && parsed.value === frame.slots[name]?.value ? [name] : [];
  });
}

/** The type of a value that says nothing else; an amount without a unit is one too, its unit is asked for. */
function typeOf(value: string, today: BusinessDate): AnswerType | undefined {
  if (parsePhone(value) !== undefined) return 'phone';
  if ('value' in parseAnswer('term', value, today) && /[期月年]/u.test(value)) return 'term';
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
