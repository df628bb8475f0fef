/** Which colleague a sentence hands something to: 转给王经理吧 他熟这个行业. Pure. */
import { bare, distinctNames, peopleMeant, type Named } from './distinct-names.ts';

/** 不要转给老赵 does not begin so. */
const LEAD =
  /^(?:还是|就|那|先|请|麻烦|帮我|我?想|我?要)*(?:转办?给|转交给?|转到?|交给|给|让|由|找|换|(?:please )?(?:hand|give|assign|pass|send)(?: it)?(?: over)? to|to)\s*/u;
/** What may follow a name after such a beginning: a pause, or what he is to do with it. 给老赵打个电话 hands nothing over. */
const AFTER = /^(?:$|[\s,，。.!！;；、]|[吧来帮看审批接办跟呗就好了啦]|处理)/u;
/** What may follow a name that stands alone. */
const PARTICLES = /^(?:[吧来呗好了啦行就]|看|处理)*[\s。.!！]*$/u;
const TITLE = '(?:总经理|经理|总监|总|主管|主任|老师|部长|行长|专员|哥|姐|工)';
const SURNAME = /^[老小阿]?(?<surname>[\u4e00-\u9fa5])/u;

/** Those the words may mean: whoever is called exactly so, otherwise whom a sentence names, in full, as 王经理 or by a part. */
export function peopleAddressed<P extends Named>(people: readonly P[], words: string): readonly P[] {
  const exact = peopleMeant(people, words);
  if (exact.length > 0) return exact;
  const plain = words.normalize('NFKC').trim().toLowerCase();
  const lead = LEAD.exec(plain)?.[0] ?? '';
  const rest = plain.slice(lead.length);
  const ends = lead === '' ? PARTICLES : AFTER;
  const calls = (length: number): boolean => length > 0 && ends.test(rest.slice(length));
  const names = distinctNames(people);
  const distinct = people.filter((_, index) => calls(lengthOf(names[index] ?? '', rest)));
  if (distinct.length > 0) return distinct;
  const ways = [lengthOf, titleLength, partLength].map((way) =>
    people.filter(({ name }) => calls(way(name.normalize('NFKC').toLowerCase(), rest))),
  );
  return ways.find((found) => found.length > 0) ?? [];
}

/** How much of the sentence the name at its beginning takes, with its spaces; 0 when it does not begin with it. */
function lengthOf(name: string, sentence: string): number {
  let at = 0;
  for (const letter of bare(name)) {
    while (at > 0 && sentence[at] === ' ') at += 1;
    if (!sentence.startsWith(letter, at)) return 0;
    at += letter.length;
  }
  return at;
}

function titleLength(name: string, sentence: string): number {
  const surname = SURNAME.exec(name)?.groups?.['surname'];
  return surname === undefined ? 0 : (new RegExp(`^${surname}${TITLE}`, 'u').exec(sentence)?.[0].length ?? 0);
}

/** Lin or Feng of Lin Feng; 小林, 老林 or 小满 of 林小满. Whoever is called 老林 is no 小林. */
function partLength(name: string, sentence: string): number {
  const [, surname = '', given = ''] = /^(?![老小阿])([\u4e00-\u9fa5])([\u4e00-\u9fa5]{1,2})$/u.exec(name) ?? [];
  const parts = surname === '' ? name.split(/\s+/u) : ['老', '小', '阿'].map((called) => called + surname);
  if (given.length > 1) parts.push(given);
  return parts.find((part) => part.length > 1 && sentence.startsWith(part))?.length ?? 0;
}
