/**
 * What the audit log keeps of people's words. Its entries are never erased, so personal values stay where they can be (with
 * the customer's own key), and the log has their masked form: members that are personal by their name, numbers in any text,
 * and at the flush the names of whoever the turn was about.
 */
import { mask, maskNames, maskText, type MaskKind } from '../../lib/mask.ts';

const PERSONAL: Readonly<Record<string, MaskKind>> = {
  name: 'name',
  phone: 'mobile',
  mobile: 'mobile',
  identityNumber: 'idCard',
  idCard: 'idCard',
  bankCard: 'bankCard',
};

/** Ids and digests of ours: what an entry is looked up by. A run of digits inside one is nobody's phone. */
const OURS = /([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f]))/i;

/**
 * An operation's input as the log may keep it: every text in it masked. With `keepsNames` a `name` is nobody's but a
 * colleague's, a product's or a flow's, and what was published can be read.
 */
export function maskedInput(input: unknown, keepsNames = false): unknown {
  return withTexts(input, (text, member) => {
    const kind = keepsNames && member === 'name' ? undefined : PERSONAL[member];
    return kind === undefined ? outsideOurs(text, maskText) : mask(kind, text);
  });
}

/** The detail of an entry without these names. */
export function withoutNames(detail: unknown, names: ReadonlySet<string>): unknown {
  if (names.size === 0) return detail;
  return withTexts(detail, (text) => outsideOurs(text, (part) => maskNames(part, names)));
}

/** Whether somebody's name could stand in the detail: some text in it is more than a number, a date or an id of ours. */
export function mayHoldName(detail: unknown): boolean {
  if (typeof detail === 'string')
    return detail.split(OURS).some((part, index) => index % 2 === 0 && /\p{L}{2}/u.test(part));
  return typeof detail === 'object' && detail !== null && Object.values(detail).some(mayHoldName);
}

function outsideOurs(text: string, change: (part: string) => string): string {
  return text
    .split(OURS)
    .map((part, index) => (index % 2 === 1 ? part : change(part)))
    .join('');
}

/** The same structure with each text changed; `member` is the name under which it stands, in a list the list's. */
function withTexts(value: unknown, change: (text: string, member: string) => string, member = ''): unknown {
  if (typeof value === 'string') return change(value, member);
  if (Array.isArray(value)) return value.map((part) => withTexts(part, change, member));
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withTexts(part, change, name)]));
}
