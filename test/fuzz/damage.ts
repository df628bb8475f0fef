/** Damaged copies of a good file: pieces cut out, doubled, swapped, or replaced by what breaks parsers. */
import * as fc from 'fast-check';

const NASTY = [
  '',
  '[',
  '{',
  '"',
  "'",
  ': ',
  '- ',
  '&a ',
  '*a',
  '!!',
  '|',
  '\t',
  '\u0000',
  '\uFEFF',
  '9e999',
  '-0',
  '~',
  '<<: *a',
  '%YAML',
  '---\n',
  '# ',
  '\\',
];

/** Copies of `text` with up to five injuries. */
export function damaged(text: string): fc.Arbitrary<string> {
  const injury = fc.record({
    at: fc.nat({ max: text.length }),
    length: fc.nat({ max: 40 }),
    put: fc.oneof(
      fc.constantFrom(...NASTY),
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.nat({ max: text.length }).map((from) => text.slice(from, from + 30)),
    ),
  });
  return fc.array(injury, { maxLength: 5 }).map((injuries) => {
    let copy = text;
    for (const { at, length, put } of injuries) copy = copy.slice(0, at) + put + copy.slice(at + length);
    return copy;
  });
}
