/** Whether a message says that somebody wants to borrow (要贷款, 想借点钱, 贷40个), however little else it says. */
import { toHalfWidth } from '../../../lib/mask.ts';
import { NUMERAL_CHARACTERS } from './numerals.ts';
import { toSimplified } from './normalise.ts';

const WISH = new RegExp(
  `(?:想|要|需要?|打算|准备|申请|急着|可以?)[^,，。;；\\n]{0,6}(?:[贷借](?!出|给)|用钱)|(?:办|做|申请)[^,，。;；\\n]{0,5}(?:贷|按揭)|[贷借](?:款|个)?\\s?[\\d${NUMERAL_CHARACTERS}]|(?:急用|缺)钱|\\b(?:wants?|needs?|looking for|apply(?:ing)? for|like)\\b[^,.;\\n]{0,20}\\b(?:borrow|loan|credit)\\b`,
  'iu',
);
/** A question, a refusal, or something about a loan that exists. */
const NO_WISH =
  /[?？吗呢]|什么时候|多久|多少|怎么|为什么|[贷借](?:款)?(?:了|过)|放款|还款|还清|结清|进度|查(?!询多)|[不没别][想要需用]|[不没别未][^,，。;；]{0,2}[贷借]|\b(?:not|no longer|doesn'?t|when|how|why|status)\b/iu;

/** `true` only for a plain statement of the wish. */
export function wantsToBorrow(text: string): boolean {
  const plain = toSimplified(toHalfWidth(text));
  return WISH.test(plain) && !NO_WISH.test(plain);
}
