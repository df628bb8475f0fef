/** Corrections by name at any time: 金额改成50万 · 改电话 138… · 用途错了，是装修 · 不是30万是50万 · change amount to 500k. */
import { toHalfWidth } from '../../lib/mask.ts';
import { toSimplified } from './understand/index.ts';

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
/** 不对，是40万 · 错了，应该是36期. Only with a number: "不对，我再想想" corrects nothing. */
const WRONG_BUT =
  /^(?:[哦啊呃额嗯噢]+[,，\s]*)?(?:不对|不是(?=[,，\s])|我?[说写打填搞弄]错了?|错了|更正)[,，。:：!！\s]*(?:应该|其实)?(?:是|改成|改为|为|要)?\s*(?<value>[+¥￥]?[\d一二两三四五六七八九十百半].{0,30})$/u;
const MAX_LENGTH = 120;

/** The correction a message is, if it is one. Whether the target exists is the form's business. */
export function parseCorrection(text: string): Correction | undefined {
  const written = toHalfWidth(text)
    .trim()
    .replace(/[。.!！]+$/u, '');
  if (written.length > MAX_LENGTH || written.includes('\n')) return undefined;
  const plain = toSimplified(written);
  for (const pattern of [WRONG_BUT, ...PATTERNS, NOT_BUT]) {
    const groups = pattern.exec(plain)?.groups;
    if (!groups) continue;
    // The value ends the message in every pattern; a name in it keeps the characters it was written with.
    const length = groups['value']?.length ?? 0;
    return { target: (groups['target'] ?? '').trim(), value: written.slice(written.length - length).trim() };
  }
  return undefined;
}
