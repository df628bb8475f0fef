/** Corrections by name at any time: 金额改成50万 · 改电话 138… · 用途错了，是装修 · 不是30万是50万 · change amount to 500k. */
import { toHalfWidth } from '../../lib/mask.ts';

/** What is to be changed (`target` as written, '' when only the value is given) and to what ('' = ask for it). */
export interface Correction {
  readonly target: string;
  readonly value: string;
}

const CHANGE_VERB = '(?:改成|改为|改到|换成|换为|更正为|修改为|变成|调成|调到|应该是|其实是)';
const PATTERNS: readonly RegExp[] = [
  new RegExp(`^${CHANGE_VERB}[:：\\s]*(?<value>.+)$`, 'u'),
  new RegExp(
    `^(?:请|帮我|麻烦)?(?:把|将)?(?<target>[^\\d\\s,，]{1,10}?)(?:从[^,，]{1,20}?)?${CHANGE_VERB}[:：\\s]*(?<value>.+)$`,
    'u',
  ),
  /^(?:请|帮我|麻烦)?(?:修改|更改|更正|改一?下|改)(?<target>[\u4e00-\u9fa5A-Za-z]{1,8}?)(?:[:：,，\s]+|(?=[\d+]))(?:成|为|是)?(?<value>.+)$/u,
  /^(?:请|帮我|麻烦)?(?:修改|更改|更正|改一?下|改)(?<target>[\u4e00-\u9fa5A-Za-z]{1,8})$/u,
  /^(?<target>[^\d\s,，]{1,8}?)(?:写|填|搞|弄|说)?(?:错了?|不对)[,，。\s]*(?:应该|其实)?(?:是|改成|改为|为)?(?<value>.*)$/u,
  /^(?:change|set|correct)\s+(?:the\s+)?(?<target>[A-Za-z ]{2,30}?)\s+(?:to|is|=)\s+(?<value>.+)$/iu,
  /^\/set\s+(?<target>\S{1,20})\s+(?<value>.+)$/u,
];
const NOT_BUT = /^不是[^,，]{1,20}?[,，\s]*(?:而是|应该是|是)(?<value>.+)$/u;
const MAX_LENGTH = 120;

/** The correction a message is, if it is one. Whether the target exists is the form's business. */
export function parseCorrection(text: string): Correction | undefined {
  const plain = toHalfWidth(text)
    .trim()
    .replace(/[。.!！]+$/u, '');
  if (plain.length > MAX_LENGTH || plain.includes('\n')) return undefined;
  for (const pattern of PATTERNS) {
    const groups = pattern.exec(plain)?.groups;
    if (groups) return { target: (groups['target'] ?? '').trim(), value: (groups['value'] ?? '').trim() };
  }
  const value = NOT_BUT.exec(plain)?.groups?.['value'];
  return value === undefined ? undefined : { target: '', value: value.trim() };
}
