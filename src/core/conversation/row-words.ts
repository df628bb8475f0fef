/** A row of an offered list meant in words: 这个是身份证正面 for 身份证（正反面）. What fits no row, or two, means none. */
import { toHalfWidth } from '../../lib/mask.ts';
import { toSimplified } from './understand/index.ts';

/** 都是身份证, 两张都是, 全是, they are all: said of everything that is asked about, some with how many that are. */
const ALL =
  /^(?:(?:[这那]些|它们|[这那]?(?:(?<counted>[两二三四五六七八九十]|\d{1,2})|几)[张个份]?|[这那]?(?<two>俩))?(?:照片|文件|图片)?(?:(?:全部?|统统)?都是|全部?是)|(?:they|these|those)(?:'re| are) (?:all|(?<they>both)) |(?:all|(?<both>both))(?: (?:the )?(?<many>two|three|four|five|\d{1,2}))?(?: of (?:them|these|those))?(?: (?:photos|files|pictures))? are )(?=.)/u;
/** 第二张是, the second one is: of several files that are asked about this one. */
const NTH =
  /^(?:第(?<nth>[一二两三四五六七八九十]|\d{1,2})[张个份](?:照片|文件|图片)?就?是|(?:the )?(?<ordinal>first|second|third|fourth|fifth)(?: (?:one|photo|file|picture))?(?:'s| is) )(?=.)/u;
/** 上面那张是, 刚才发的是: of several files that may be another than the one asked about now. */
const BACK = /^(?:上面|刚才?|那[个张份]?|我?发的|照片|图片)(?!都|全)/u;
const DIGITS = '零一二三四五六七八九十';
const ORDINALS = ['', 'first', 'second', 'third', 'fourth', 'fifth'];
const NUMBERS = ['', 'one', 'two', 'three', 'four', 'five'];
const LEAD =
  /^(?:(?:this|that|it)(?:'s| is)\s*)?(?:(?:my|the|an?)\s+)?(?:[这那][个张份]?|刚才?|我?发的|它|照片|图片|上面)*(?:就?是)?(?:(?:我|自己|本人)的?)*/u;
const TAIL =
  /(?:的?(?:照片|图片|扫描件|复印件|原件))?[的了吧啊呀哦\s。.!！,，~]*(?:(?:谢谢|多谢|thanks|thank you)[您你了啊呀\s。.!！~]*)?$/u;
const SIDE = /(?:的)?(?:正面|反面|背面|正反面|人像面|国徽面)$/u;
/** What a name says in brackets only explains it. */
const EXPLANATION = /\s*\([^)]*\).*$/u;
const PART = /^[\u4e00-\u9fa5]{2,}$/u;

/** Whether the message says of everything that is asked about what it is, and of how many that is. */
export function saidOfAll(text: string): { readonly count: number | undefined } | undefined {
  const match = ALL.exec(plainOf(text));
  if (!match) return undefined;
  const { counted, two, they, both, many } = match.groups ?? {};
  if ([two, they, both].some((word) => word !== undefined)) return { count: 2 };
  const said = counted ?? many;
  return { count: said === undefined ? undefined : numberSaid(said) };
}

/** The how many-th file the message says this of, and what it says; `undefined` when it does not count. */
export function saidOfNth(text: string): { readonly nth: number; readonly rest: string } | undefined {
  const plain = plainOf(text);
  const match = NTH.exec(plain);
  const { nth, ordinal = '' } = match?.groups ?? {};
  if (!match) return undefined;
  const place = nth === undefined ? ORDINALS.indexOf(ordinal) : numberSaid(nth);
  return { nth: place, rest: plain.slice(match[0].length) };
}

/**
 * The place of the one row whose `name` the message says, or one of its `words` (流水|银行流水), or how no other begins or
 * ends; `undefined` when there is none.
 */
export function rowSaid(rows: readonly Readonly<Record<string, unknown>>[], text: string): number | undefined {
  const said = plainOf(text).replace(TAIL, '').replace(ALL, '').replace(LEAD, '');
  const thing = said.replace(SIDE, '');
  const names = rows.map(({ name }) => (typeof name === 'string' ? plainOf(name) : ''));
  const heads = names.map((name) => name.replace(EXPLANATION, ''));
  if (thing === '') return undefined;
  const exact = only(heads, (head, at) => head === thing || head === said || names[at] === said);
  const words = rows.map((row) => (typeof row['words'] === 'string' ? plainOf(row['words']).split('|') : []));
  const single = thing.replace(/(?<=[a-z])s$/u, '');
  return (
    exact ??
    only(heads, (_head, at) => words[at]?.includes(thing) === true) ??
    only(heads, (head, at) => head === single || words[at]?.includes(single) === true) ??
    (PART.test(thing) ? only(heads, (head) => head.startsWith(thing) || head.endsWith(thing)) : undefined)
  );
}

/** Whether the message points at a file by when or where it was sent. */
export function pointsBack(text: string): boolean {
  return BACK.test(plainOf(text));
}

function numberSaid(word: string): number {
  const digit = DIGITS.indexOf(word.replace('两', '二'));
  if (digit !== -1) return digit;
  return NUMBERS.includes(word) ? NUMBERS.indexOf(word) : Number(word);
}

function only(heads: readonly string[], fits: (head: string, at: number) => boolean): number | undefined {
  const found = heads.flatMap((head, at) => (head !== '' && fits(head, at) ? [at] : []));
  return found.length === 1 ? found[0] : undefined;
}

function plainOf(text: string): string {
  return toSimplified(toHalfWidth(text)).replaceAll('’', "'").trim().toLowerCase();
}
