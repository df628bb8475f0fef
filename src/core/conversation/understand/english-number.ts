/** Numbers written out in English: two, twenty-four, half a million, two hundred and fifty thousand. */

const ONES = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const TEENS = 'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(' ');
const TENS = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const SCALES: ReadonlyMap<string, number> = new Map([
  ['hundred', 100],
  ['thousand', 1000],
  ['grand', 1000],
  ['million', 1_000_000],
]);
const VALUES: ReadonlyMap<string, number> = new Map([
  ...ONES.map((word, index) => [word, index + 1] as const),
  ...TEENS.map((word, index) => [word, index + 10] as const),
  ...TENS.map((word, index) => [word, index * 10 + 20] as const),
  ['a', 1],
  ['an', 1],
  ['half', 0.5],
]);

const BELOW_HUNDRED = `(?:(?:${TENS.join('|')})(?:[- ](?:${ONES.join('|')}))?|${[...TEENS, ...ONES].join('|')})`;
/** Regular-expression source of a count below a hundred in words; wants the flag `i`. */
export const ENGLISH_COUNT = `\\b${BELOW_HUNDRED}\\b`;

/** Two of them in a row are parts of one number that nobody here reads. */
const PART = `(?:${[...TENS, ...TEENS, ...ONES].join('|')}|hundred|thousand|grand|million)`;
/** One thousand questions, 5k followers: what is counted is no money. */
const THINGS =
  '(?:questions|thanks|apologies|times|people|customers|clients|users|followers|fans|members|employees|workers|staff|orders|items|pieces|units|products|boxes|shares|miles|kilomet(?:er|re)s|met(?:er|re)s|feet|square|sqm|words|pages|copies|days|hours|things|ways|reasons|problems|points|steps|visitors|views|subscribers|calls|messages|tons|tonnes|kg)\\b';
/** Whether the words behind a number tell what it counts. */
export const COUNTS_THINGS = new RegExp(`^ (?:more |other |different |happy )?${THINGS}`, 'iu');
/** A thousand thank-yous: behind `a` nearly any word is counted. */
const NO_SUM =
  '(?!(?:yuan|rmb|cny|an?|per|each|every|for|over|to|or|and|please|in|on|as|is|would|will|with|at|but|more|max)\\b)[a-z]';

/** Regular-expression source of a sum in thousands or millions; wants the flags `iu`. A few hundred thousand is none. */
export const ENGLISH_SUM = `(?<!\\b${PART}[- ]|(?:hundred|thousand|million) and |\\bthanks |\\bthank you )\\b(?:half an?|(?:${BELOW_HUNDRED}|an?) hundred(?: (?:and )?${BELOW_HUNDRED})?|${BELOW_HUNDRED}(?: and a half)?|an?(?! (?:thousand|million) ${NO_SUM}))[ -](?:thousand|grand|million)\\b(?! (?:and )?(?:an? )?(?:${PART}|half)\\b| (?:more |other |different |happy )?${THINGS})`;

/** The number that the words say; `undefined` for anything else. */
export function parseEnglishNumber(text: string): number | undefined {
  const isHalfMore = / and a half /iu.test(text);
  const words = text
    .toLowerCase()
    .replace(/ and a half /u, ' ')
    .replace('half a', 'half')
    .split(/[\s-]+/u);
  let number = 0;
  for (const word of words) {
    if (word === 'and') continue;
    const scale = SCALES.get(word);
    const value = VALUES.get(word);
    if (scale !== undefined) number = (number + (isHalfMore && scale > 100 ? 0.5 : 0)) * scale;
    else if (value !== undefined) number += value;
    else return undefined;
  }
  return number > 0 ? number : undefined;
}
