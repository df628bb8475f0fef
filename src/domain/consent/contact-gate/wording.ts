/**
 * The text linter of the contact gate: finds threats, insults, impersonation, debt facts told to third parties and
 * claims no advertisement may make. The words are data (`flows/contact-policy/wording.yaml`), not code.
 */
import { z } from 'zod';
import { toHalfWidth } from '../../../lib/mask.ts';
import { matchesOf } from '../../../lib/matches.ts';
import { type FileResult, parseYamlFile } from '../../../lib/yaml-file.ts';
import type { RuleId } from './policy.ts';

const word = z.string().min(2).max(40);
const group = z.strictObject({
  id: z.string().min(1).max(60),
  rule: z.enum(['COL-P4', 'COL-B1', 'COL-I1', 'MK-6']),
  applies: z.enum(['any', 'thirdParty', 'marketing']),
  amounts: z.boolean().default(false),
  words: z.array(word).max(5000),
  except: z.array(word).max(1000).default([]),
});
const file = z.strictObject({
  formatVersion: z.literal(1),
  groups: z.array(group).min(1).max(100),
  optOut: z.array(word).min(1).max(100),
  variants: z.record(z.string().length(1), z.string().length(1)).default({}),
});

/** To whom and for what a text goes; decides which groups of words apply. */
interface TextPurpose {
  readonly thirdParty: boolean;
  readonly marketing: boolean;
}

/** A word that may not leave: its rule and group, the word of the list (or {@link AMOUNT_WORD}), and where it stands in the text. */
interface WordingFinding {
  readonly rule: RuleId;
  readonly group: string;
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** A compiled word list. */
export interface Wording {
  /** Everything in the text that may not leave, in the order of the text. Linear in its length. */
  lint(text: string, purpose: TextPurpose): readonly WordingFinding[];
  /** Whether a marketing text tells how to refuse further ones (MK-2). */
  hasOptOut(text: string): boolean;
}

/** The `word` of a finding that is a sum of money, not a word of the list. */
export const AMOUNT_WORD = 'amount';

type WordGroup = z.infer<typeof group>;

/** A node of the word tree: the next characters, and the words that end here. */
interface TreeNode {
  readonly next: Map<string, TreeNode>;
  readonly ends: { readonly word: string; readonly group: WordGroup | undefined }[];
}

/** Reads a word list from YAML text. */
export function parseWording(text: string): FileResult<Wording> {
  const parsed = parseYamlFile(text, file);
  return parsed.ok ? { ...parsed, value: compile(parsed.value) } : parsed;
}

function compile(list: z.infer<typeof file>): Wording {
  const variants = new Map(Object.entries(list.variants));
  const root = node();
  for (const group of list.groups) {
    for (const entry of group.words) insert(root, flatten(entry, variants).text, entry, group);
    // An exception is a longer word without a group: it swallows what it contains.
    for (const entry of group.except) insert(root, flatten(entry, variants).text, entry, undefined);
  }
  const amounts = list.groups.filter((group) => group.amounts);
  const optOut = list.optOut.map((entry) => flatten(entry, variants).text);
  return {
    lint(text, purpose) {
      const flat = flatten(text, variants);
      const applies = (group: WordGroup): boolean => group.applies === 'any' || purpose[group.applies];
      const found = scan(root, flat, applies);
      for (const group of amounts) if (applies(group)) found.push(...findAmounts(text, group));
      return found.toSorted((a, b) => a.start - b.start);
    },
    hasOptOut(text) {
      const flat = flatten(text, variants).text;
      return optOut.some((entry) => flat.includes(entry));
    },
  };
}

function node(): TreeNode {
  return { next: new Map(), ends: [] };
}

function insert(root: TreeNode, text: string, entry: string, group: WordGroup | undefined): void {
  let at = root;
  for (const character of text) {
    let next = at.next.get(character);
    if (next === undefined) {
      next = node();
      at.next.set(character, next);
    }
    at = next;
  }
  at.ends.push({ word: entry, group });
}

function scan(root: TreeNode, flat: FlatText, applies: (group: WordGroup) => boolean): WordingFinding[] {
  const found: WordingFinding[] = [];
  let excusedUntil = 0;
  for (let start = 0; start < flat.text.length; start += 1) {
    let at: TreeNode | undefined = root;
    const here: WordingFinding[] = [];
    for (let end = start; at !== undefined && end <= flat.text.length; end += 1) {
      for (const { word: entry, group } of at.ends) {
        if (group === undefined) excusedUntil = Math.max(excusedUntil, end);
        else if (applies(group))
          here.push(finding(group, entry, flat.places[start] ?? 0, (flat.places[end - 1] ?? 0) + 1));
      }
      const character: string | undefined = flat.text[end];
      at = character === undefined ? undefined : at.next.get(character);
    }
    if (start >= excusedUntil) found.push(...here);
  }
  return found;
}

function finding(group: WordGroup, entry: string, start: number, end: number): WordingFinding {
  return { rule: group.rule, group: group.id, word: entry, start, end };
}

// 5000元, ¥5,000.00, 3万多, 三万块钱, 5k: a sum tells a third person that there is a debt. 千万 and 万一 are no sums.
const SIGN_FIRST = String.raw`[¥￥$]\s{0,3}\d[\d,.]{0,20}`;
const DIGITS = String.raw`\d[\d,.]{0,20}\s{0,3}[多余几]?\s{0,3}(?:万|亿|千(?![克米瓦卡])|[kw](?![a-z])|元|块|圆|人民币|rmb|yuan)`;
const NUMERALS =
  '(?=[十百千万亿〇零]{0,6}[一二两三四五六七八九壹贰叁肆伍陆柒捌玖])[〇零一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟]{1,12}[多余几]?(?:元|块钱|圆|人民币|万|亿)';
const AMOUNT = new RegExp(`${SIGN_FIRST}|${DIGITS}|${NUMERALS}`, 'giu');

function findAmounts(text: string, group: WordGroup): readonly WordingFinding[] {
  return matchesOf(toHalfWidth(text), AMOUNT).map((match) =>
    finding(group, AMOUNT_WORD, match.index, match.index + match[0].length),
  );
}

/** A text without what hides words in it, and for each character where it stood. */
interface FlatText {
  readonly text: string;
  readonly places: readonly number[];
}

// Blanks, zero-width and formatting characters, and the signs people put between characters to get past filters.
const FILLER = /[\s\p{Cf}\p{Mn}*＊·•・.．_~^|/\\+=#&@`'"\-—–…]/u;

/** Common characters, small letters and digits stand for themselves: most of a text takes this short way. */
function isPlain(character: string): boolean {
  const code = character.charCodeAt(0);
  return (code >= 0x4e_00 && code <= 0x9f_ff) || (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39);
}

function flatten(text: string, variants: ReadonlyMap<string, string>): FlatText {
  const places: number[] = [];
  let flat = '';
  let place = 0;
  for (const written of text) {
    if (isPlain(written) && !variants.has(written)) {
      flat += written;
      places.push(place);
    } else if (!FILLER.test(written)) {
      for (const character of written.normalize('NFKC').toLowerCase()) {
        for (const unit of variants.get(character) ?? character) {
          flat += unit;
          for (let index = 0; index < unit.length; index += 1) places.push(place);
        }
      }
    }
    place += written.length;
  }
  return { text: flat, places };
}
