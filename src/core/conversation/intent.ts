/**
 * What a customer wants to be heard, in his own words: he has paid, he complains, nobody may call his family. Each row is
 * one matter with its patterns in both languages; the first row that fits counts, so what binds us most stands first. A
 * flow answers to a matter by `intent` among its starters.
 */
import type { Intent } from '../flow/index.ts';
import { toHalfWidth } from '../../lib/mask.ts';
import { toSimplified } from './understand/normalise.ts';

/** When and how surely, before a verb: 昨天晚上就, 我已经都. No two of these may read the same words in two ways. */
const BEFORE =
  '(?:我们?|咱|俺|钱|款|这期|本期|(?:这个?|本|上个?)月的?|刚才?|今[天早晚]|昨[天晚]|前天|早上|上午|中午|下午|晚上|凌晨|(?:上?周|星期)[一二三四五六日天]|\\d{1,2}[号日]|已经?|都|早(?!上)|就|明明|不是|[,，\\s])*';
/** 还了3年 is a fact about another loan, 还了吗 a question. */
const NO_PAYMENT = '(?!\\s*(?:[\\d一二三四五六七八九十两几半]+\\s*(?:年|个?月|期|次)|吗|没|么|多少|多久))';
const RELATIVES =
  '(?:家里人?|家人|家属|老婆|老公|爱人|妻子|丈夫|父母|爸妈|爸|妈|孩子|儿子|女儿|亲戚|朋友|同事|领导|单位|公司|联系人|别人|其他人|第三方)';
const ENGLISH_RELATIVES =
  '(?:family|wife|husband|spouse|parents?|mother|father|mum|mom|dad|kids?|children|relatives?|friends?|colleagues?|boss|employer|work|office|contacts|anyone else|other people)';

const TABLE: readonly { readonly intent: Intent; readonly patterns: readonly RegExp[] }[] = [
  { intent: 'complaint', patterns: [/投诉|举报你|曝光你/u, /\b(?:complain|complaint|report you)\b/iu] },
  {
    intent: 'contact-limit',
    patterns: [
      new RegExp(
        `(?:别|不要|不许|不准|不能|不得|停止)[^,，。;；]{0,6}(?:(?:打|联系|找|骚扰|告诉|通知)[^,，。;；]{0,6}${RELATIVES}|${RELATIVES}[^,，。;；]{0,3}(?:打电话|发短信|说))`,
        'u',
      ),
      new RegExp(
        `\\b(?:do not|don'?t|stop)\\b.{0,12}\\b(?:call|contact|phone|ring|bother|tell|message)\\w*\\b.{0,12}\\b${ENGLISH_RELATIVES}\\b`,
        'iu',
      ),
    ],
  },
  {
    intent: 'no-advertising',
    patterns: [
      /(?:不想|别|不要)[^,，。;；]{0,6}(?:收|发|推)[^,，。;；]{0,8}(?:广告|营销|推销|推广)/u,
      /\b(?:unsubscribe|no more (?:ads|advertising|marketing))\b/iu,
    ],
  },
  {
    intent: 'human',
    patterns: [
      /^(?:我)?(?:要|想|能不能|能|可以|可不可以|请|帮我|麻烦)*(?:找|转|接|换)(?:一?[个位下])?(?:真人|人工|客服|顾问|人)(?:客服|顾问)?(?:聊|说话?|谈|来|吧|吗|一下|[?？!！。.])*$/u,
      /\b(?:talk|speak|chat)\s+(?:to|with)\s+(?:an? |the |my |some)?(?:real )?(?:human|person|agent|adviser|advisor|one|body|representative)\b/iu,
    ],
  },
  {
    intent: 'defer',
    patterns: [
      /^(?!.*(?:资料|材料|文件|流水|征信|放款|下款|签约|面签))(?:.*(?:晚|迟|缓|延|宽限|拖)(?:个?[几两三]|[一\d]{1,2})(?:天|日|周|个?月)|.*(?:延期|延后|推迟|展期|宽限)|.*还不(?:上|起|了)|.*没钱还)/u,
      /\b(?:can(?:no|')?t|unable to) (?:re)?pay\b|\bpay(?:ment)?\b.{0,25}\b(?:later?|extension|postpone|delay)|\b(?:defer|postpone|delay)\b.{0,20}\b(?:pay|instal)/iu,
    ],
  },
  {
    intent: 'settle-early',
    patterns: [
      /提前(?:全部|一次性)?(?:还|结清)|一次性?(?:还清|结清|还完)/u,
      /\b(?:pay|settle|repay)\b.{0,20}\b(?:off|early|in full)\b/iu,
    ],
  },
  {
    intent: 'paid',
    patterns: [
      new RegExp(
        `^${BEFORE}(?:还|转|付|打|汇)(?:款|钱|账|清|完|好|上|进去|过去|过来)?(?:过了?|了)${NO_PAYMENT}(?=$|[\\s,，。.!！~\\d一二三四五六七八九十百千万两]|[啊呀哦呢的哈吧嘛]|钱|款|怎么|为什么|为啥|请|麻烦|还|给)`,
        'u',
      ),
      /\b(?:i|we)(?:'ve| have)?(?: already| just)* (?:paid|repaid|transferred|sent (?:it|the money))\b|^(?:already |just )?paid\b/iu,
    ],
  },
  {
    intent: 'outcome',
    patterns: [
      /(?:会不会|能不能|可不可以|能否|是否|能|会)[^,，。;；]{0,4}(?:通过|过审|批下来|放款|下款)[^,，。;；]{0,2}[吗啊呢呀么嘛?？]|(?:会不会|能不能|能否|是否)会?被?(?:批|拒|通过|过审)|(?:通过|批准)的?(?:概率|几率|机会|希望)/u,
      /\b(?:will|would|can|could)\b.{0,20}\b(?:be )?(?:approved?|accepted|rejected|pass|go through)\b/iu,
    ],
  },
];

/** The matter a message is about; `undefined` for everything else. */
export function parseIntent(text: string): Intent | undefined {
  const plain = toSimplified(toHalfWidth(text)).trim();
  if (plain.length > 200) return undefined;
  return TABLE.find(({ patterns }) => patterns.some((pattern) => pattern.test(plain)))?.intent;
}
