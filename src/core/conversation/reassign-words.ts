/** A customer handed to a colleague, in one sentence: 转派 K305 给 小林 · 把何女士转给小林 · reassign K305 to Lin. */
import { toHalfWidth } from '../../lib/mask.ts';
import { namesIn } from './understand/person-name.ts';

/** Whose customer shall be whose: as somebody typed it, '' where he did not say. */
export interface Reassignment {
  readonly customer: string;
  readonly colleague: string;
}

const CUSTOMER = '(?:客户)?\\s*(?<customer>\\+?\\d[\\d -]{6,16}\\d|[^\\s,，。;；、?？]{1,20}?)';
const COLLEAGUE = '\\s*(?<colleague>[^,，。;；?？]{1,40}?)(?:来?(?:跟进?|接手|负责)|吧)*';
const HANDS = '(?:转派|转交|分配|转|派|交|分)[给到]';
/** Nothing else begins so. */
const COMMANDED: readonly RegExp[] = [
  new RegExp(`^\\/?转派(?:客户)?[\\s:：]*(?:[把将]\\s*)?(?!给)${CUSTOMER}\\s*(?:转?[给到]|\\s)${COLLEAGUE}$`, 'u'),
  new RegExp(`^\\/?转派(?:客户)?[\\s:：]*(?!给)${CUSTOMER}$`, 'u'),
  /^\/?(?:please )?reassign\s+(?<customer>[^,;?]{1,40}?)\s+to\s+(?<colleague>[^,;?]{1,40})$/iu,
  /^\/?(?:please )?reassign\s+(?<customer>[^\s,;?]{1,40})$/iu,
];
/** Also said of money, papers and cards: here it has to be a customer who is handed over. */
const SAID: readonly RegExp[] = [
  new RegExp(`^(?:请|麻烦|帮我)*[把将]\\s*${CUSTOMER}\\s*${HANDS}${COLLEAGUE}$`, 'u'),
  new RegExp(`^(?<customer>K\\d{1,8})\\s*${HANDS}${COLLEAGUE}$`, 'iu'),
  /^(?:please )?(?:transfer|assign|hand)\s+(?<customer>K\d{1,8})(?:\s+over)?\s+to\s+(?<colleague>[^,;?]{1,40})$/iu,
];
const NUMBER = /^(?:[KLC]\d{1,8}|\+?\d[\d -]{6,16}\d)$/iu;
/** 把何女士转给客户经理 and 转给谁 name no colleague. */
const NOBODY = /^(?:谁|哪|你|您|他|她|它|客户|银行|公司|财务|who\b)/iu;

/** Reads such a sentence; `undefined` for everything else. */
export function parseReassignment(text: string): Reassignment | undefined {
  const plain = toHalfWidth(text)
    .trim()
    .replace(/[。.!！]+$/u, '');
  if (plain.length > 100) return undefined;
  return first(COMMANDED, plain, () => true) ?? first(SAID, plain, namesBoth);
}

function namesBoth({ customer, colleague }: Reassignment): boolean {
  return (NUMBER.test(customer) || namesIn(customer).includes(customer)) && !NOBODY.test(colleague);
}

function first(
  patterns: readonly RegExp[],
  plain: string,
  isMeant: (read: Reassignment) => boolean,
): Reassignment | undefined {
  for (const pattern of patterns) {
    const { customer = '', colleague = '' } = pattern.exec(plain)?.groups ?? {};
    const read = { customer, colleague: colleague.trim() };
    if (customer !== '' && isMeant(read)) return read;
  }
  return undefined;
}
