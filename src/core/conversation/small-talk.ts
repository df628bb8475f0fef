/** What a message that nobody understood is for: a question to a person, something to be told, or a noise. */
import { toHalfWidth } from '../../lib/mask.ts';
import { toSimplified } from './understand/normalise.ts';

/** 多少都行 asks nothing. */
const ASKS =
  /[?]|[吗呢]|(?:怎么|怎样|咋|什么|多少|多久|谁|哪)(?!都|也)|能不能|可不可以|是不是|有没有|会不会|要不要|需不需要|为啥|如何|几[天号点时]/u;
const ASKS_IN_ENGLISH =
  /^(?:(?:hi|hello|hey|and|but|so|ok|okay|sorry|please)\b[, ]*)?(?:what|how|when|where|who|whom|whose|which|why|can|could|do|does|did|is|are|am|was|will|would|should|may|must|have|has)(?:'s|'re)?\b(?=.* )/iu;
/** Sounds that tell nothing: 嗯嗯, 哈哈, 呃, hmm, lol. */
const SOUNDS = /[嗯哦噢喔啊呀呃额哈呵嘿嘻哎唉诶欸嗷咳哼呜]|\b(?:h+m+|u+m+|u+h+|o+h+|ah+|(?:ha|he|hi)+h?|lo+l)\b/giu;
/** Letters below which nothing is told. */
const FEWEST = 2;

const GREETED =
  /^(?:(?:(?:你们?|您|大家|各位)?好[呀啊哈]?|嗨|哈[喽啰]|在吗?|早(?:安|啊|呀|上好)?|上午好|中午好|下午好|晚上好|hi|hello|hey|good (?:morning|afternoon|evening))(?: there)?[\s,，。.!！~～、?？]+)+(?=[^\s,，。.!！~～、?？])/iu;

/** What is said after a greeting, or a 好 as short as one: 进度 of 你好，进度. */
export function withoutGreeting(text: string): string {
  return text.replace(GREETED, '');
}

/** Whether a message asks something. */
export function isAsking(text: string): boolean {
  const plain = toSimplified(toHalfWidth(text)).replaceAll('’', "'").trim();
  return ASKS.test(plain) || ASKS_IN_ENGLISH.test(plain);
}

/** Whether a message tells anything at all: words, not only numbers, signs, pictures and sounds. */
export function saysSomething(text: string): boolean {
  const letters = toSimplified(text).replaceAll(SOUNDS, '').match(/\p{L}/gu) ?? [];
  return letters.length >= FEWEST;
}
