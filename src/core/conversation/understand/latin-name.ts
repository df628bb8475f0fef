/** Names in Latin letters: Lily Zhang, Mr Wang, O'Neil. English spells any word the same way, so words of ordinary speech are none. */
import type { Fact } from './fact.ts';
import { matchesOf } from '../../../lib/matches.ts';
import { PINYIN_CITIES } from './place-data.ts';

/** In whichever case: what people write where they have no name, and words of the trade. */
const NEVER = new Set(
  `name names anonymous unknown none nobody nothing undisclosed confidential private customer customers client clients
  borrower applicant lead loan phone mobile number amount house flat car mortgage renovation turnover salary income months month
  years year yuan rmb service support today tomorrow yesterday later skip cancel back help yes yeah ok okay sure not please sorry
  thanks hello`.split(/\s+/u),
);
/** As ordinary speech writes them; will, may, an, do and can are names too. */
const SPEECH = new Set(
  `a the is are was be am i you he she it we they me him us them my your his her its our their this that these those
  and or but if so no to of in on at for from with by as does did has have had could would should must want wants
  wanted need needs needed know knows say says said ask asks asked tell call called calls send sent give run runs own
  owns earn earns live lives work works like likes prefer prefers pay pays paid borrow borrows looking get got go
  goes just still already new old good wait hold what who when where why how which here there`.split(/\s+/u),
);
const WORDS = /^[A-Za-z][A-Za-z.'-]{0,19}(?: [A-Za-z][A-Za-z.'-]{0,19}){0,3}$/u;

/** Whether these words can be somebody's name. */
export function isLatinName(text: string): boolean {
  const plain = text.replaceAll('’', "'");
  if (plain.length < 2 || plain.length > 40 || !WORDS.test(plain)) return false;
  return plain.split(' ').every((word) => !NEVER.has(word.toLowerCase()) && !SPEECH.has(word.replace(/'.*$/u, '')));
}

/** What stands before the name in an answer: her name is, it's, the customer is called. */
const LEAD_IN =
  /^(?:(?:(?:the |our |a )?(?:new )?(?:customer|client)(?:['’]s)? |(?:his|her|their|my|the) )?(?:full |first |last |family )?name(?:['’]s|:| is)? (?:is )?|(?:it|that|this|he|she|(?:the |our )?customer|(?:the |our )?client)(?:['’]s| is) (?:called |named )?|(?:i am|i['’]m) |call (?:him|her|me|them) )/iu;

/** An answer without the words before the name. */
export function withoutLeadIn(text: string): string {
  return text.replace(LEAD_IN, '');
}

const NAME_WORD = String.raw`[A-Za-z][A-Za-z'’-]{0,19}`;
/** new customer John Smith, phone … · her name is Lily Zhang · customer Wang. What follows ends the name. */
const AFTER_CUE = new RegExp(
  String.raw`\b(?<cue>new (?:customer|client|lead)|name(?:['’]s| is)|customer|client|named|called)[:,]? (?<name>${NAME_WORD}(?: ${NAME_WORD}){0,3}?)(?=\s*(?:$|[,，.;；(\ue000\d+]|(?:wants?|needs?|would|phone|mobile|tel|is|has|in|from|looking)\b))`,
  'giu',
);
/** After these a name is written in any case; after the others ordinary words follow as well. */
const SURE_CUE = /^n/iu;

/** Names after a cue that says whose they are. */
export function extractLatinNames(text: string): readonly Fact[] {
  return matchesOf(text, AFTER_CUE).flatMap((match): readonly Fact[] => {
    const { cue = '', name = '' } = match.groups ?? {};
    const words = name.split(' ');
    const isWritten = SURE_CUE.test(cue) || words.every((word) => /^[A-Z]/u.test(word));
    if (!isWritten || !isLatinName(name) || words.some((word) => PINYIN_CITIES[word.toLowerCase()] !== undefined))
      return [];
    const start = match.index + match[0].length - name.length;
    return [{ name: 'name', value: name, start, end: start + name.length, confidence: 0.92 }];
  });
}
