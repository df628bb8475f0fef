/** Corrections by name at any time: 金额改成50万 · 改电话 138… · 用途错了，是装修 · 不是30万是50万 · 月供没有了 · change amount to 500k. */
import { toHalfWidth } from '../../lib/mask.ts';
import { toSimplified } from './understand/index.ts';

/** What is to be changed (`target` as written, '' when only the value is given) and to what ('' = ask for it). */
export interface Correction {
  readonly target: string;
  readonly value: string;
  /** There is none any more; `value` is ''. */
  readonly isGone?: true;
  /** 还是30万吧: where such a value is asked for, it is the answer. */
  readonly isAfterAll?: true;
  /** It shall be taken off the form (把房产删掉), whatever the words say besides. */
  readonly isDeleted?: true;
  /** `value` is a difference to what is there (金额多加5万). */
  readonly by?: 'more' | 'less';
  /** 不是装修是开餐馆: what it is not; names the field when the value does not. */
  readonly denied?: string;
  /**
   * 收入不是1.2万，是2.1万 · 20万改24期 · 周转改装修: the words may just as well be plain talk, when they name no field or no value
   * of its kind.
   */
  readonly isDenial?: true;
}

const CHANGE_VERB = '(?:改成|改为|改到|换成|换为|更正为|修改为|变成|调成|调到|应该是|其实是)';
const NUMBER = '[+¥￥]?[\\d一二两三四五六七八九十百半]';
const PATTERNS: readonly RegExp[] = [
  new RegExp(`^${CHANGE_VERB}[:：\\s]*(?<value>.+)$`, 'u'),
  new RegExp(
    `^(?:请|帮我|麻烦)?(?:把|将|从)?(?<target>[^\\d\\s,，]{1,10}?)(?:从[^,，]{1,20}?)?${CHANGE_VERB}[:：\\s]*(?<value>.+)$`,
    'u',
  ),
  /^(?:请|帮我|麻烦)?(?:修改|更改|更正|改一?下|改)(?<target>[\u4e00-\u9fa5A-Za-z]{1,8}?)(?:[:：,，\s]+|(?=[\d+]))(?:成|为|是)?(?<value>.+)$/u,
  /^(?:请|帮我|麻烦)?(?:修改|更改|更正|改一?下|改)(?<target>[\u4e00-\u9fa5A-Za-z]{1,8})$/u,
  /^(?<target>[^\d\s,，]{1,8}?)(?:写|填|搞|弄|说)?(?:错了?|不对)[,，。\s]*(?:应该|其实)?(?:是|改成|改为|为)?(?<value>.*)$/u,
  /^(?:change|set|correct)\s+(?:the\s+)?(?<target>[A-Za-z ]{2,30}?)\s+(?:to|is|=)\s+(?<value>.+)$/iu,
  /^\/set\s+(?<target>\S{1,20})\s+(?<value>.+)$/u,
];
/** 不是30万是50万 · 他说不是装修是开餐馆 */
const NOT_BUT =
  /^(?:(?:[他她]们?|客户|对方|人家|刚才?|现在|又)*(?:说了?|讲|告诉我|其实)[,，\s]*)?不是(?<denied>[^,，]{1,20}?)[,，\s]*(?:而是|应该是|是)(?<value>.+)$/u;
/** 24期改48期 · 20万，改30万 · 把16万改成17万, and nothing else: beside other words it is read among the facts of the sentence. */
const ONE_FOR_ANOTHER = new RegExp(
  `^(?:请|帮我|麻烦)?(?:把|将|从)?(?<denied>${NUMBER}[^,，。;；改]{0,12}?)[,，\\s]{0,2}(?:${CHANGE_VERB}|改)[:：\\s]*(?<value>(?!一下)${NUMBER}[^,，。;；\\s改]{0,12})$`,
  'u',
);
/** 广州改深圳 · 周转，改装修. Only with two values of one field: 广州改善环境 and 城市改天再说 are plain talk. */
const ONE_WORD_FOR_ANOTHER =
  /^(?:请|帮我|麻烦)?(?:把|将|从)?(?<denied>[\u4e00-\u9fa5]{2,8}?)[,，\s]{0,2}改(?<value>[\u4e00-\u9fa5]{2,8})$/u;
/** 不对，是40万 · 错了，应该是36期. Only with a number: "不对，我再想想" corrects nothing. */
const WRONG_BUT =
  /^(?:[哦啊呃额嗯噢]+[,，\s]*)?(?:不对|不是(?=[,，\s])|我?[说写打填搞弄]错了?|错了|更正)[,，。:：!！\s]*(?:应该|其实)?(?:是|改成|改为|为|要)?\s*(?<value>[+¥￥]?[\d一二两三四五六七八九十百半].{0,30})$/u;
/** 还是30万吧 · make it 24 months. Only with a number, and no question. */
const AFTER_ALL: readonly RegExp[] = [
  new RegExp(
    `^(?:那|就|算了|[,，\\s])*还是(?:改成|改为|按|要|做|贷|借|用)?(?<value>${NUMBER}[^,，。;；吗呢?？]{0,16})$`,
    'u',
  ),
  /^(?:(?:please|sorry|no|actually),? )?(?:let['’]?s )?(?:make|change) (?:it|that) (?:to )?(?<value>[+¥￥]?\d[^?？]{0,30})$/iu,
];
/** 打错了，不是80万是8万: what follows says it all. */
const SLIP = /^(?:我?[说写打填搞弄]错了?|错了|不对|sorry)[,，。.!！\s]+(?=不是)/iu;
/** 收入不是1.2万，是2.1万 · 城市不是广州是深圳. The value is of the kind that is denied; 我, 他 and 的 speak of somebody, not of a value. */
const DENIED: readonly RegExp[] = [
  /^(?<target>[^\d\s,，]{1,8}?)不是[+¥￥]?[\d一二两三四五六七八九十百半][^,，]{0,18}?[,，\s]*(?:而是|应该是|是)(?<value>[+¥￥]?[\d一二两三四五六七八九十百半].{0,30})$/u,
  /^(?<target>[^\d\s,，我你他她]{1,8}?)不是(?!问题|重点|关键)[^,，\d我你他她的了]{1,8}?[,，\s]*(?:而是|应该是|是)(?<value>[^,，\d我你他她的了吗]{1,8})$/u,
];
/** …，不是24期 behind the right value says nothing more. */
const DENIED_AFTER = /(?:[,，\s]+|(?<=[\d期月年万元wW]))(?:而)?不是[^,，]{1,20}$/u;
/** 金额多加5万 · 再减2万 · 期限加12期 */
const DIFFERENCE =
  /^(?<target>[^\d\s,，]{0,8}?)(?:上|再|想|要)*(?:(?<more>再多?加|多加|加多|增加|追加|加大|调高|提高|多贷|多借|多|加)|(?:再减|再少|减少|减|降低|调低|少贷|少借|少|降))(?:了|个)?\s?(?<value>[\d一二两三四五六七八九十百半][^,，。]{0,10}?)(?:吧|左右)?$/u;
/** 月供没有了 · 没有公司 · 去掉流水 · no monthly payment. Whether that names a field is the form's business. */
const GONE: readonly RegExp[] = [
  /^(?:请|帮我|麻烦)?(?:把|将)?(?<target>[^\d\s,，]{1,10}?)(?:也|都|现在|已经?)*(?:没有了?|没了|去掉|删掉|删除|清空|不要了|不用填了?)吧?$/u,
  /^(?:请|帮我|麻烦)?(?:没有?|去掉|删掉|删除|清空)(?<target>[^\d\s,，]{1,10}?)了?$/u,
  // 还没办执照 · 执照还没下来. Of a licence only: 车还没到, 收入还没到 deny nothing.
  /^(?:[他她]们?|客户|现在|目前|暂时|一直|还|也|都)*(?:没有?|未)(?:去?(?:办理?|领|拿|申请|注册|开)(?:到|好|过)?)?(?<target>[^\d\s,，]{0,6}?执照)(?:呢|的)?$/u,
  /^(?<target>[^\d\s,，]{0,6}?执照)(?:现在|目前|暂时|一直|还|也|都)*(?:没有?|未)(?:去?(?:办理?|领|拿|申请|注册|开))?(?:到|好|过|下来|出来)?(?:呢|的)?$/u,
  /^(?:no|remove|delete|clear)\s+(?:the\s+)?(?<target>[A-Za-z ]{2,30}?)(?:\s+any\s?more)?$/iu,
];
/** 没错，是的 · 没什么不对: a yes. */
const NOTHING_WRONG = /^(?:没有?(?:什么|啥)?[写填搞弄说]?(?:错|不对)|不错|不会错)/u;
const MAYBE_TALK: ReadonlySet<RegExp> = new Set([ONE_FOR_ANOTHER, ...DENIED, ONE_WORD_FOR_ANOTHER]);
const DELETES = /去掉|删掉|删除|清空|^(?:remove|delete|clear)\b/iu;
const MAX_LENGTH = 120;

/** The correction a message is, if it is one. Whether the target exists is the form's business. */
export function parseCorrection(text: string): Correction | undefined {
  const written = toHalfWidth(text)
    .trim()
    .replace(/[。.!！]+$/u, '')
    .replace(SLIP, '');
  if (written.length > MAX_LENGTH || written.includes('\n')) return undefined;
  const plain = toSimplified(written).replace(DENIED_AFTER, '');
  if (NOTHING_WRONG.test(plain)) return undefined;
  for (const pattern of [
    WRONG_BUT,
    ONE_FOR_ANOTHER,
    ...AFTER_ALL,
    ...PATTERNS,
    NOT_BUT,
    ...DENIED,
    ONE_WORD_FOR_ANOTHER,
  ]) {
    const groups = pattern.exec(plain)?.groups;
    if (!groups) continue;
    // The value ends the message in every pattern; a name in it keeps the characters it was written with.
    const length = groups['value']?.length ?? 0;
    const value = written.slice(plain.length - length, plain.length).trim();
    return {
      target: (groups['target'] ?? '').trim(),
      value,
      ...(groups['denied'] === undefined ? {} : { denied: groups['denied'].trim() }),
      ...(MAYBE_TALK.has(pattern) ? { isDenial: true } : {}),
      ...(AFTER_ALL.includes(pattern) ? { isAfterAll: true } : {}),
    };
  }
  const difference = DIFFERENCE.exec(plain)?.groups;
  if (difference) {
    const { target = '', value = '', more } = difference;
    return { target: target.trim(), value: value.trim(), by: more === undefined ? 'less' : 'more' };
  }
  const gone = GONE.map((pattern) => pattern.exec(plain)?.groups?.['target']).find((target) => target !== undefined);
  if (gone === undefined) return undefined;
  return { target: gone.trim(), value: '', isGone: true, ...(DELETES.test(plain) ? { isDeleted: true } : {}) };
}
