/** Names on business licences: after a cue (执照叫 何记图文) or by a company's ending (…有限公司). */
import type { Fact } from './fact.ts';
import { matchesOf } from '../../../lib/matches.ts';

const STOP = '[^,，。;；、!！?？\\n\\ue000]';
const AFTER_CUE = new RegExp(
  `(?:营业执照|执照|公司|店|字号|企业|licence|license)(?:的)?(?:名称|名字|名)?(?:叫做?|是|为|名为|名叫|:|：|\\bis\\b|named)\\s?(?<name>${STOP}{2,30})`,
  'giu',
);
const BY_ENDING =
  /(?<name>[\u4e00-\u9fa5A-Za-z0-9()（）]{2,24}?(?:有限责任公司|有限公司|股份公司|合伙企业|商行|经营部|工作室|服务部|合作社|个体工商户))/gu;
/** Words before the name that are not part of it: 他开了…, 名下有…. */
const LEAD_IN =
  /^.*?(?:开了?(?:一?家)?|经营着?|名下有?(?:一?家)?|他是|她是|我是|法人是?|公司叫?|有一?家|执照叫?|叫做?|是)(?=[\u4e00-\u9fa5]{2,}(?:有限|商行|经营|工作|服务|合作|股份|合伙|个体))/u;
/** 执照是两年的, 公司是他的: what follows the cue is not a name. */
const NOT_A_NAME =
  /^(?:[\d一二两三四五六七八九十]+(?:年|个月)|有|没|刚|他|她|我|自己|个体|正常|新|满|在|不|本人|法人|什么|哪|还|办|开)/u;

/** 公司叫…有限公司 开了3年: what the company has done since is not part of its name. */
const SINCE = /\s*(?:已经?|都)?(?:开了?|成立了?|经营了?|做了?|注册了?|干了|办了)\s*$/u;

/** The name at the beginning of what follows the cue: up to a company's ending, or to where the telling goes on. */
function nameIn(raw: string): string {
  const ending = new RegExp(BY_ENDING.source, 'u').exec(raw);
  if (ending?.index === 0) return ending[0];
  const [first = raw] = /^\s*[\u4e00-\u9fa5]/u.test(raw) ? raw.trimStart().split(/\s/u) : [raw];
  return first.replace(SINCE, '').trim();
}

/** The licence name, as written. */
export function extractLicenceName(text: string): readonly Fact[] {
  for (const match of matchesOf(text, AFTER_CUE)) {
    const raw = match.groups?.['name'] ?? '';
    const value = nameIn(raw);
    if (value.length < 2 || NOT_A_NAME.test(value)) continue;
    const start = match.index + match[0].length - raw.length + (raw.length - raw.trimStart().length);
    return [{ name: 'licenceName', value, start, end: start + value.length, confidence: 0.92 }];
  }
  const ending = BY_ENDING.exec(text);
  BY_ENDING.lastIndex = 0;
  const whole = ending?.groups?.['name'];
  if (!ending || whole === undefined) return [];
  const value = whole.replace(LEAD_IN, '');
  const start = ending.index + whole.length - value.length;
  return [{ name: 'licenceName', value, start, end: start + value.length, confidence: 0.85 }];
}
