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
/** 别人打电话给我 and 能不能打电话 forbid nothing. */
const FORBIDS =
  '(?:(?<![特区级性分个])别(?!人|的|处|家[^里人属])|(?<!要)不要|(?<!能)不能|(?<!用)不用|不许|不准|不得|请勿|停止)';
/** Up to the verb, in the same clause; 别忘了打电话, 不要等批了才联系我 want the call. */
const UP_TO = '(?:(?!忘|不|等|急)[^,，。;；]){0,12}';
const CLAUSE_END = '(?=$|[了吧啊呀,，。;；.!！\\s])';
const CALLS_ME = `(?:打[^,，。;；]{0,4}(?:电话|手机)|打(?:给|扰)?我|打(?:扰|过?来)|来电|致电|(?:联系|联络|找|骚扰|烦)(?:我(?!们?的?${RELATIVES})|${CLAUSE_END}))`;
/** 不要撤回授权, 没有撤回过同意 withdraw nothing. */
const WITHDRAWS = '(?<![不没别未][有要想会用必再是能需打算准备]{0,4})(?:撤回|撤销|撤消|收回|取消)';
/** Somebody asks about withdrawing, or speaks of the case that he did. */
const ASKS = '[?？吗呢]|怎么|怎样|如何|什么|哪|多久|能不能|可不可以|能否|是否|是不是|会不会|要不要|如果|要是|假如|万一';

const TABLE: readonly { readonly intent: Intent; readonly patterns: readonly RegExp[] }[] = [
  {
    intent: 'withdraw-consent',
    patterns: [
      new RegExp(
        `^(?=.{1,40}$)(?!.*(?:${ASKS})).*(?:${WITHDRAWS}[了掉]?(?:对|给|我|你们|之前|以前|所有|全部|一切|个人|信息|资料|数据|的){0,6}(?:授权|同意)|(?:授权|我的同意|不[^,，。;；]{0,2}同意[了,，。;；\\s])[^的]{0,6}${WITHDRAWS}[了掉吧]?${CLAUSE_END})`,
        'su',
      ),
      /^(?=.{1,100}$)(?!.*(?:\?|\b(?:how|what|when|where|if|whether|can i|could i|may i)\b)).*(?<!(?:\bnot|n't|\bnever) (?:want to |going to |yet )?)\b(?:withdraw|revoke|cancel|retract|take back)(?:ing)? (?:(?:all|of|my|the|this|our|that|data|personal|privacy) ){0,4}(?:consent|authori[sz]ation|permission)/isu,
    ],
  },
  { intent: 'complaint', patterns: [/投诉|举报你|曝光你/u, /\b(?:complain|complaint|report you)\b/iu] },
  {
    intent: 'contact-limit',
    patterns: [
      new RegExp(
        `${FORBIDS}[^,，。;；]{0,6}(?:(?:打|联系|找|骚扰|告诉|通知)[^,，。;；]{0,6}${RELATIVES}|${RELATIVES}(?<!在(?:单位|公司))[^,，。;；]{0,3}(?:打电话|发短信|说))`,
        'u',
      ),
      new RegExp(
        `\\b(?:do not|don'?t|stop)\\b.{0,12}\\b(?:call|contact|phone|ring|bother|tell|message)\\w*\\b(?! me (?:at|in|on|during|from|while)\\b).{0,12}\\b${ENGLISH_RELATIVES}\\b`,
        'iu',
      ),
    ],
  },
  {
    intent: 'call-limit',
    patterns: [
      new RegExp(`${FORBIDS}${UP_TO}${CALLS_ME}|(?:不想|${FORBIDS})[^,，。;；]{0,4}接[^,，。;；]{0,5}电话`, 'u'),
      /^(?:请|麻烦|拜托|能不能|可不可以|你们?|您|以后|[,，\s])*(?:别|不要|请勿|停止)(?:再|老是?|总是?|一直)*(?:给我|向我)?(?:再|乱|一直)?发(?:送)?(?:了|啦|来|过来)?(?:这[些种]|那些)?(?:消息|短信|信息|微信|通知|东西)?(?:给我)?[了啦吧啊呀吗\s。.!！?？~]*$/u,
      /只(?:能|可以|准|许|在)[^,，。;；]{0,10}(?:联系我|找我|打给我|给我打)/u,
      /(?:每个?|一个?|1个?)(?:天|日|周|星期|月)[^,，。;；]{0,4}(?:最多|顶多|只能|只许|只准)[^,，。;；]{0,4}(?:打(?:我|给我|电话|[一二两三\d]{1,2}[次个回通])|联系|找我|[一二两三\d]{1,2}[次个通]电话)|电话[^,，。;；]{0,6}(?:最多|(?:不要?|不能|别)超过)/u,
      /(?:\bdo not\b|\bdon'?t\b|\bstop\b|(?<!\bi )\bnever\b)(?! you\b)(?!.{0,12}\b(?:forget|hesitate|fail)\b).{0,16}\b(?:call|contact|phon|ring|bother|text|messag|harass|disturb)\w*(?: ?$| ?[.!,]| (?:me|after|before|between|at|during|on|in)\b)/iu,
      /\bno (?:more )?(?:phone )?calls\b|\bonly (?:call|contact|phone|text) me\b|\b(?:call|contact|phone|text) me (?:only\b|(?:at most|no more than)\b)/iu,
    ],
  },
  {
    intent: 'wrong-person',
    patterns: [
      // 发错了, 我打错了 are about his own message
      /^(?:你们?|您|是不是|应该|可能|肯定|好像|[,，\s])*(?:打错(?:人|号码?|电话)?了|(?:发|找|联系|加)错(?:人|号码?|对象)了?)[吧啊呀哦\s。.!！~]*$/u,
      /^(?:sorry,? )?(?:you(?:'ve| have)?(?: got)? |this is )?(?:the )?wrong (?:number|person)[.! ]*$/iu,
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
  const plain = toSimplified(toHalfWidth(text)).replaceAll('’', "'").trim(); // telephones write don’t
  if (plain.length > 200) return undefined;
  return TABLE.find(({ patterns }) => patterns.some((pattern) => pattern.test(plain)))?.intent;
}
