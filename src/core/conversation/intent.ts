/**
 * What a customer wants to be heard, in his own words: he has paid, he complains, nobody may call his family. Each row is
 * one matter with its patterns in both languages; the first row that fits counts, so what binds us most stands first. A
 * flow answers to a matter by `intent` among its starters.
 */
import { isAgreement, isWithdrawal } from './consent-words.ts';
import type { Intent } from '../flow/index.ts';
import { toHalfWidth } from '../../lib/mask.ts';
import { toSimplified } from './understand/normalise.ts';

/** 剩下的下周还: the other part of what is due, and not now. */
const REST = '(?:剩下|剩余|余下|另外|其余|还差|差)的(?:部分|钱|款|那些)?';
const NOT_NOW =
  '[^,，。;；]{0,4}(?:下个?[周月]|下(?:星期|礼拜)|过几天|过两天|改天|月底|年底|等|发工资|发了工资|[晚缓迟]|明[天年]|后天|\\d{1,2}[号日])';
/** 还差哪些资料: what is asked for, and what it is asked of. */
const WHICH = '(?:哪些|哪几[样份个]|哪[样份]|什么|啥|几[样份个]|多少)';
const WHEN = '什么时候|啥时候|什么时间|多久|何时|哪天|几[天号]';
const PAPERS = '(?:资料|材料|文件|证件|证明|手续(?!费)|东西)';
/** 恢复授权, 那我重新同意授权行不行: no consent yet, but he wants to be asked for it. Nothing else may stand beside it. */
const MEANS_TO_AGREE = [
  /^(?:那|好吧?|行吧?|可以|嗯|我们?|还是|愿意|想|要|重新|再次|恢复|现在|就|改(?:变)?主意了|后悔了|想[通好]了|算了|[,，\s])*(?:同意|授权)(?:授权)?给?(?:你们|贵公司)?(?:使用|用|处理|收集)?(?:我的?)?(?:个人)?(?:资料|信息|数据)?[了吧的啊呀哈哦啦]{0,2}(?:行不行|行吗|可以吗|好不好)?[\s。.!！~?？]{0,3}$/u,
  /^(?:那|好吧?|行吧?|算了|我?改主意了|[,，\s]){0,4}(?:你们)?可以(?:继续|重新)?(?:使用|用|处理)我的?(?:个人)?(?:资料|信息|数据)[了吧啊]{0,2}[\s。.!！~]{0,3}$/u,
  /^(?:(?:ok(?:ay)?|yes|sure|fine|well|then|so|actually|and|i(?:'ve| have)? changed my mind)[,.!]? )*(?:i (?:do |now |would like to |want to )?(?:agree|consent)(?: (?:to let you use|to you using|to the use of) my (?:personal )?(?:data|information|details))?|you (?:can|may) use my (?:personal )?(?:data|information|details))(?: again| now)?[.! ]{0,3}$/iu,
];
/** When and how surely, before a verb: 昨天晚上就, 我已经都. No two of these may read the same words in two ways. */
const BEFORE =
  '(?:我们?|咱|俺|钱|款|这期|本期|(?:这个?|本|上个?)月的?|刚才?|今[天早晚]|昨[天晚]|前天|早上|上午|中午|下午|晚上|凌晨|(?:上?周|星期)[一二三四五六日天]|\\d{1,2}[号日]|已经?|都|早(?!上)|就|明明|不是|提前|[,，\\s])*';
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
const WITHDRAWS =
  '(?<![不没别未][有要想会用必再是能需打算准备]{0,4})(?:撤回|撤销|撤消|撤[掉了]|撤(?=一下)|收回|取消|作废)';
/** 不再授权, 停止使用我的资料; 别用我的资料去别家 is about something else. */
const NO_MORE =
  '不(?:再|(?:想|愿意?)?再?)(?:同意|授权)[^,，。;；]{0,6}(?:用|处理|收集|保存|共享)[^,，。;；]{0,4}(?:资料|信息|数据)|不(?:想|愿意?)?再?授权[^,，。;；书]{0,5}了|不(?:想|愿意?)再?[让给]你们(?:再|继续)?(?:使用|用|处理)我的?(?:个人)?(?:资料|信息|数据)|(?:停止|[别甭]再?|不要再?|不[许准]再?)(?:使用|用|处理)(?:我的?)(?:个人)?(?:资料|信息|数据)';
/** Somebody asks about withdrawing, or speaks of the case that he did. */
const ASKS = '[?？吗呢]|怎么|怎样|如何|什么|哪|多久|能不能|可不可以|能否|是否|是不是|会不会|要不要|如果|要是|假如|万一';

const SUM = '[\\d一二两三四五六七八九十百半][\\d一二两三四五六七八九十百千.]{0,6}\\s?(?:万|w|k|千|元|块)';
const MY_DATA =
  '(?:(?:我的?|个人|全部|所有)(?:的)?(?:信息|记录)|(?:个人|全部|所有)?(?:的)?(?:资料|数据|档案|账号|账户))';
/** He has deleted a picture of his own, or speaks of what stands at a bank. */
const NOT_OURS = '重新?[发传]|发错|上一?[条张个]|刚才|之前发|征信|逾期|银行|信用卡|删不|公司|已经|证明';
/** Behind 还 or 扣 in a question about the instalment; 还能, 还要补 and 还款置换 are something else. */
const END_OF_PAYING = '(?:款|钱|账|月供|[这本]期)?(?=$|[\\s,，。;；?？!！啊呀呢吗么了吧的嘛]|可以|行|好|能)';

/** Before and behind what somebody says who is not the one we look for. */
const SORRY = '(?:(?:不好意思|抱歉|对不起|喂|你好|您好|哦|啊|那个)[,，。!！\\s]*)?';
const TAIL = '[吧啊呀哦的了呢]?[。.!！~]?';

const TABLE: readonly { readonly intent: Intent; readonly patterns: readonly RegExp[] }[] = [
  {
    intent: 'withdraw-consent',
    patterns: [
      /^我?(?:还是)?不同意了?(?:你们|贵公司)?的?(?:个人信息)?(?:授权|处理|使用|用)?(?:我的?)?(?:个人)?(?:资料|信息)?了?(?:[,，。!！\s]*(?:谢谢[你您]?|抱歉|不好意思))?[。.!！~\s]*$/u,
      new RegExp(
        `^(?=.{1,40}$)(?!.*(?:${ASKS})).*(?:${WITHDRAWS}[了掉]?(?:一下|对|给|我|你们|之前|以前|所有|全部|一切|个人|信息|资料|数据|的){0,6}(?:授权|同意)|(?:授权|我的同意|不[^,，。;；]{0,2}同意[了,，。;；\\s])[^的]{0,6}${WITHDRAWS}[了掉吧来]?${CLAUSE_END}|(?:${NO_MORE})${CLAUSE_END}|(?:终止|中止|解除|停止|注销|关闭|关掉|退出|删除|放弃|废除)(?:一下|对|给|我|你们|的|之前|所有|个人|信息){0,4}授权${CLAUSE_END})`,
        'su',
      ),
      /^(?=.{1,100}$)(?!.*(?:\?|\b(?:how|what|when|where|if|whether|not true)\b)).*(?:\bi (?:no longer (?:want to |wish to )?(?:consent|agree to (?:you|your|the) (?:company )?(?:us|process|handl|keep)(?:e|ing))|(?:do not|don't) (?:consent|agree) (?:to .{1,40} )?(?:any ?more|any longer))\b|(?<!not )\bstop (?:using|processing|handling) my (?:personal )?(?:data|information|details)\b|\bmy consent (?:(?:to be|be|as|is hereby|is) )?(?:withdrawn|revoked|cancell?ed)\b|\btake my consent back\b|\bremove my consent\b|\bi (?:no longer|don't|do not) want you to (?:use|process|handle|keep) my (?:personal )?(?:data|information|details)\b)/isu,
      /^(?=.{1,100}$)(?!.*(?:\?|\b(?:how|what|when|where|if|whether|can i|could i|may i)\b)).*(?<!(?:\bnot|n't|\bnever) (?:want to |going to |yet )?)\b(?:withdraw|revoke|cancel|retract|take back)(?:ing)? (?:(?:all|of|my|the|this|our|that|data|personal|privacy) ){0,4}(?:consent|authori[sz]ation|permission)/isu,
    ],
  },
  {
    intent: 'erase',
    patterns: [
      new RegExp(
        `^(?!.*(?:${ASKS}|${NOT_OURS}))(?:(?!不要|别).){0,20}(?:删除|删掉|删了|清除|注销|销毁)[掉了]?(?:我的?|所有|全部|个人|在你们那的|这里的){0,4}${MY_DATA}`,
        'u',
      ),
      new RegExp(
        `^(?!.*(?:${ASKS}|${NOT_OURS}))(?:(?!不要|别).){0,16}(?:把|将)?我?的?${MY_DATA}(?:全部?|都|给我|帮我){0,3}(?:删(?!错)|清除|注销|销毁)`,
        'u',
      ),
      /\b(?:delete|erase|remove)\b.{0,12}\bmy (?:personal )?(?:data|details|information|account|records?)\b/iu,
    ],
  },
  {
    intent: 'complaint',
    patterns: [
      /^(?!.*(?:[不没]有?(?:想|要|用|再|打算)?投诉(?!部)|(?:撤销?|撤[回掉]|取消)[^,，。]{0,3}投诉|投诉[^,，。]{0,8}(?:解决|处理[好完]|办[好完结]|撤)|投诉过?了?(?:银行|别家|快递|物业|平安|建行|工行))).*(?:投诉(?!部)|举报你(?!们?的?(?:竞争|对手|同行))|曝光你|(?<![广报转通公])告你们?(?!诉|知|白|别|[一个件]|，|,)|(?:要|去|找|向|跟|打|到)[^,，。;；]{0,2}(?:银监会?|银保监会?|金监局|金融监管|监管局|消协|消费者协会)(?!.{0,3}(?:上班|工作|盖章|办事))|(?:要|去|就|再|我)报警(?!局)(?!.*(?:丢了|被偷|被抢|诈骗电话)))/su,
      /^(?!.*\b(?:not(?! hesitate)|no|don't|can't|cannot|withdraw|drop|nothing to)\b.{0,20}\bcomplain)(?!.*\bcomplaints?\b.{0,20}\b(?:settled|resolved|withdrawn|closed|solved)\b).*\b(?:complain|complaint|report you|sue you|call the police)\b/isu,
    ],
  },
  {
    intent: 'disputed',
    patterns: [
      /^(?!我?(?:名下)?(?:没有?|无)(?:任何)?贷款)(?:我|本人|从来?|根本|压根|可|都|真的|就|[,，\s])*(?:没有?|未曾?|不曾)(?:在|向|跟|问|找|从)?(?:你们?|您|贵公司)?(?:公司|平台|家|这里|这边|这儿|那里|那边)*(?:借|贷)过?(?:钱|款|贷款)?[啊呀的了吧\s。.!！~]*$/u,
      /^(?:这|那|[笔个些]|钱|款|贷款|借款|账|合同|根本|压根|都|真的|[,，\s])*不是(?:我|本人)(?:本人|自己)?(?:借|贷|申请|办|签)(?:款)?的?(?:钱|款|贷款)?[啊呀的了吧\s。.!！~]*$/u,
      /^(?:sorry,? |but )*i (?:never|did not|didn't|have never|have not|haven't) (?:ever )?(?:borrow(?:ed)?(?! enough)|(?:take|taken|took)(?: out)? (?:a|any|this|that|your) loan)(?! before\b)[^,;?]*$|\b(?:this|that|it)(?: is not|'s not| was not| isn't| wasn't) my (?:loan|debt)\b/iu,
    ],
  },
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
      /不想(?:再|老|总|一直)?(?:收|接)到?(?:了|你们?|您|的|这[些种]|任何){0,3}(?:短信|消息|信息|微信|通知)/u,
      /^(?:请|麻烦|拜托|能不能|可不可以|你们?|您|以后|[,，\s])*(?:别|不要|请勿|停止)(?:再|老是?|总是?|一直)*(?:给我|向我)?(?:再|乱|一直)?发(?:送)?(?:了|啦|来|过来)?(?:这[些种]|那些)?(?:消息|短信|信息|微信|通知|东西)?(?:给我)?[了啦吧啊呀吗\s。.!！?？~]*$/u,
      /^(?:请|麻烦|拜托|能不能|可不可以|你们?|您|以后|[,，\s])*(?:别|不要|不用|请勿|停止|取消)(?:再|老是?|总是?|一直|天天)*(?:给我|向我)?(?:再|一直)?(?:发(?:送)?)?(?:这[些种]|那些|我的?)?(?:还款|催款|逾期|账单)?的?(?:提醒|催)(?:短信|消息|信息|通知)?(?:我)?(?:还[款钱])?[了啦吧啊呀吗\s。.!！?？~]*$/u,
      /只(?:能|可以|准|许|在)[^,，。;；]{0,10}(?:联系我|找我|打给我|给我打)/u,
      /(?:每个?|一个?|1个?)(?:天|日|周|星期|月)[^,，。;；]{0,4}(?:最多|顶多|只能|只许|只准)[^,，。;；]{0,4}(?:打(?:我|给我|电话|[一二两三\d]{1,2}[次个回通])|联系|找我|[一二两三\d]{1,2}[次个通]电话)|电话[^,，。;；]{0,6}(?:最多|(?:不要?|不能|别)超过)/u,
      /(?:\bdo not\b|\bdon'?t\b|\bstop\b|(?<!\bi )\bnever\b)(?! you\b)(?!.{0,12}\b(?:forget|hesitate|fail)\b).{0,16}\b(?:call|contact|phon|ring|bother|text|messag|remind|harass|disturb)\w*(?: ?$| ?[.!,]| (?:me|after|before|between|at|during|on|in)\b)/iu,
      /\bno (?:more )?(?:phone )?calls\b|\bno more (?:payment )?reminders\b|\bonly (?:call|contact|phone|text) me\b|\b(?:call|contact|phone|text) me (?:only\b|(?:at most|no more than)\b)/iu,
    ],
  },
  {
    intent: 'wrong-person',
    patterns: [
      // 发错了, 我打错了 are about his own message
      /^(?:你们?|您|是不是|应该|可能|肯定|好像|[,，\s])*(?:打错(?:人|号码?|电话)?了|(?:发|找|联系|加)错(?:人|号码?|对象)了?)[吧啊呀哦\s。.!！~]*$/u,
      // 我不是吴先生 with his name; 我不是老板 is an answer
      new RegExp(
        `^${SORRY}(?:我|这|这里|这边)(?:并|又|可|真的?)?不是(?:[一-龥]{1,3}(?:先生|女士|小姐|太太|师傅)|你们?要找的人?|(?:这个|那个)人)(?:本人)?(?:的?(?:电话|手机|号码?))?${TAIL}(?:[,，。\\s]*(?:你们?|您)?(?:打|发|找|认|弄|搞|联系|加)错(?:人|号码?|电话|对象)?了?)?${TAIL}$`,
        'u',
      ),
      new RegExp(
        `^${SORRY}(?:我|这|这里|这边)不(?:是|姓|叫)[^,，。;；\\s吗?？]{1,8}[,，。\\s]*(?:你们?|您)?(?:打|发|找|认|弄|搞|联系|加)错(?:人|号码?|电话|对象)?了?${TAIL}$`,
        'u',
      ),
      new RegExp(
        `^${SORRY}(?:(?:我|你们?|您)?(?:不认识(?:这个|那个|你们?(?:要|说|找)的这?个?|姓[一-龥]的这?个?)人|不认识[一-龥]{1,3}(?:先生|女士|小姐))|(?:我们?)?(?:这里|这边|这儿|家)?没有(?:这个人|姓[一-龥]的(?:人)?|叫[一-龥]{2,3}的(?:人)?)|不是本人(?:的?(?:电话|手机|号码?))?|(?:你们?|您)(?:是不是)?(?:打|发|找|认|联系|加)错(?:人|号码?|电话|对象)?了?)${TAIL}$`,
        'u',
      ),
      /^(?:(?:sorry|hi|hello|no|but)[,. ]+)*(?:(?:i think )?(?:you(?:'ve| have)?(?: got)? |you |this is )?(?:the )?wrong (?:number|person|guy|one)\b[^?]{0,60}|i(?:'m| am) not (?:(?:mr|mrs|ms|miss|mister)\b[. ]*\p{L}{1,20}|him|her|this person|that person|the person you(?:'re| are) looking for|who you(?:'re| are) looking for)\b[^?]{0,60}|(?:this|it)(?:'s| is)(?: not|n't) (?:(?:mr|mrs|ms|miss|mister)\b[. ]*\p{L}{1,20}|his|her|(?:his|her|their|\p{L}{1,20}'s) (?:number|phone))\b[^?]{0,60}|there(?:'s| is) no (?:mr|mrs|ms|miss|mister)\b[. ]*\p{L}{1,20} here\b[^?]{0,30}|i (?:don't|do not) know (?:(?:this|that) person|(?:mr|mrs|ms|miss|mister)\b[. ]*\p{L}{1,20})[.! ]*)$/iu,
    ],
  },
  {
    intent: 'no-advertising',
    patterns: [
      /(?:不想|别|不要)[^,，。;；]{0,6}(?:收|发|推)[^,，。;；]{0,8}(?:广告|营销|推销|推广)|^(?:我要|请|帮我|回复?)?(?:退订|td)[了吧\s。.!！]*$|^(?:回复?)?[rtn][\s。.!！]*$/iu,
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
    intent: 'machine',
    patterns: [
      /^(?:那|请问|喂|[,，\s])*(?:你们?|您|这里?|对面|现在)(?:到底|究竟)?(?:是不是|是)(?:个|一个)?(?:机器人?|真人|人工|人工智能|活人|自动回复|ai|客服)(?:在?(?:回复|聊天?|说话))?(?:[啊呀吗么嘛呢吧的]|还是(?:机器人?|真人|人工|活人|人)){0,3}[\s?？!！。]*$/iu,
      /^are you (?:a |an )?(?:(?:real|actual) )?(?:bot|robot|machine|human|person|ai)\b.{0,20}$/iu,
    ],
  },
  {
    intent: 'callback',
    patterns: [
      new RegExp(
        `^(?!.*(?:${FORBIDS}|忘|昨|前天|刚|上周|为什么|怎么|又|老是?|总是?|一直|不停))(?=.*(?:今[天晚]|明[天早晚]|后天|下?周[一二三四五六日天]|星期[一二三四五六日天]|早上|上午|中午|下午|晚上|下班|[\\d一二两三四五六七八九十]点|\\d[:：]\\d)).*(?:联系我|联络我|找我|给我?打(?:个|一个)?电话|打(?:个|一个)?电话(?:给我|过来)|打给我|给我来?电|回(?:我)?(?:个)?电话)[吧啊呀哦哈了谢,，。!！\\s]*$`,
        'u',
      ),
      /\b(?:call|phone|ring|contact) me (?:back )?(?:tomorrow|today|tonight|later|this|next|on|after|between|around)\b/iu,
    ],
  },
  {
    intent: 'new-phone',
    patterns: [
      /(?:换|改)(?:过)?(?:个|一个|新)?的?(?:手机号码?|电话号码?|手机|号码?)了|(?:换|改)(?:了)(?:个|一个|新)?的?(?:手机号码?|电话号码|号码|电话|号)|(?:手机号码?|电话号码?|号码)(?:已经?)?(?:换|改|变)了/u,
      /\b(?:changed my (?:phone|number|mobile)|my new (?:phone|number|mobile)|new phone number)\b/iu,
    ],
  },
  {
    intent: 'defer',
    patterns: [
      new RegExp(
        `^(?!.*(?:资料|材料|文件|流水|征信|放款|下款|签约|面签|提前))(?:.*(?:晚|迟|缓|延|宽限|拖)(?:个?[几两三]|[一\\d]{1,2})(?:天|日|周|个?月)|.*(?:延期|延后|推迟|展期|宽限)|.*还不(?:上|起|了)|.*没钱还|.*(?:[号日天周月后]|工资)再(?:还|交)${END_OF_PAYING}|.*(?:晚|迟|缓)(?:一?点|些|一些)儿?再?(?:还|交)${END_OF_PAYING}|.*${REST}${NOT_NOW}|.*(?:能不能|可不可以|可以|能否|想|能|让我)[^,，。;；]{0,6}(?:少还|先还(?:一?部分|一半|一?点|些|利息|本金)|只还|分[两二三2-9]+[次笔]还))`,
        'u',
      ),
      /\b(?:can(?:no|')?t|unable to) (?:re)?pay\b|\bpay(?:ment)?\b.{0,25}\b(?:later?|extension|postpone|delay)|\b(?:defer|postpone|delay)\b.{0,20}\b(?:pay|instal)|\b(?:the rest|the remainder|the other half|the remaining [a-z\d]+)\b.{0,30}\b(?:next (?:week|month)|later|tomorrow|after|when|at the end of|payday)\b/iu,
    ],
  },
  {
    intent: 'settle-early',
    patterns: [
      // 提前还了 has been paid, 想提前还了 has not
      /提前(?:全部|一次性)?(?:还(?!(?:款|清|完)?[了过](?!算|吧))|结清)|(?:想|要|能|可以|打算)[^,，。;；]{0,6}提前(?:全部|一次性)?还|一次性?(?:还清|结清|还完)/u,
      /\b(?:pay|settle|repay)\b.{0,20}\b(?:off|early|in full)\b/iu,
    ],
  },
  {
    intent: 'paid',
    patterns: [
      new RegExp(
        `^${BEFORE}(?:还|转|付|打|汇)(?:款|钱|账|清|完|好|上|进去|过去|过来)?(?:过了?|了)${NO_PAYMENT}(?=$|[\\s,，。.!！~\\d一二三四五六七八九十百千万两]|[啊呀哦呢的哈吧嘛]|钱|款|怎么|为什么|为啥|请|麻烦|还|给|(?:这个?|本|上个?)月|[这本]期)`,
        'u',
      ),
      /\b(?:i|we)(?:'ve| have)?(?: already| just)* (?:paid|repaid|transferred|sent (?:it|the money))\b(?! off\b)|^(?:already |just )?paid\b(?! off\b)/iu,
    ],
  },
  {
    intent: 'refused',
    patterns: [
      /(?:为什么|为啥|为何|凭什么|怎么(?!样|办|才)|咋|什么原因)[^,，。;；]{0,10}(?:[没未不](?:有|能|给我?)?(?:被)?(?:通?过(?!来)|批)|被?拒)|(?:没|没有|未|不)(?:能)?(?:通过|批)(?:下来)?的?(?:原因|理由|是为什么|是什么原因)|(?:被拒|拒绝?我?)了?的?(?:原因|理由|是为什么)/u,
      /\bwhy\b.{0,30}\b(?:rejected|declined|refused|denied|turned down|not (?:been )?approved)\b/iu,
    ],
  },
  {
    // alone: a customer means his own, a colleague is asked whose
    intent: 'whose-repayment',
    patterns: [/^(?:还款|查还款|还款计划|(?:my )?repayments?)[\s。.!！?？]*$/iu],
  },
  {
    intent: 'whose-customer',
    patterns: [/^(?:客户|查客户|找客户|customer)[\s。.!！?？]*$/iu],
  },
  {
    intent: 'bill',
    patterns: [
      /^(?!.*(?:信用卡|花呗|借呗|白条|银行)).*(?:还|总共|一共|现在|目前|我|共|到底)[^,，。;；]{0,3}欠(?:你们|着|了|的)?(?:多少|几期)/u,
      /^(?!.*(?:资料|材料|文件|流水|征信|社保|公积金|证明|信用卡)).*(?:还|总共|一共|目前|现在)[^,，。;；]{0,4}[剩差有]下?(?:多少|几)(?:期|个月|钱|块钱|元|本金|贷款|尾款)?(?:[没未要]还?[完清]?|本金|$|[?？啊呀呢了吗])/u,
      new RegExp(
        `(?:几号|几日|哪[一]?天|什么时候|啥时候|何时|什么时间|多会儿)[之以]?前?(?:就?[要该得来给]|应该|需要|开始|自动){0,2}(?:还|扣)${END_OF_PAYING}`,
        'u',
      ),
      /(?:每个?月|每期|一个月|[这下本首]一?[个]?[期月]|最后[一1]?[期个]月?|第[一二三四五六七八九十\d]{1,3}期|月供)[^,，。;；\d]{0,5}[还扣交](?:款|钱)?[要是得]?多少|(?:月供|应还|尾款)(?:大概)?[是有要]?多少/u,
      /(?:还款日|扣款日|到期日)(?:期)?(?:是|在)?(?:哪[一]?天|几号|多少|什么时候)|(?:今天|明天)(?:是不是|是)(?:我的?)?(?:还款日|扣款日)/u,
      /^(?!.*(?:信用卡|花呗|借呗|白条|银行|资料|材料)).*(?:[今明后]天|今晚|这[次期]|本期)[^,，。;；\d]{0,3}(?:要|该|得|应)?还(?:款|钱)?多少/u,
      /^(?:我|请问|那|现在|[今昨]天|有没有|是不是|是否|已经|[,，\s])*逾期了?(?:多少天?|几[天期]|吗|没有?|了没)了?[?？\s]*$/u,
      /\bhow much (?:do|must|should) i (?:have to |need to )?(?:re)?pay\b(?!.*\b(?:fees?|commission|charges?)\b)|\bwhat(?:'s| is) overdue\b|^am i (?:late|overdue|behind)\b(?! for\b)|\bis (?:anything|my loan) overdue\b/iu,
      /^(?:收到|好的?|嗯|知道了|哦|行|ok|[,，。\s])*(?:就?是|每个?月|还款日?|下个?月|这个?月)*\d{1,2}[号日](?:还款?|扣款?|之?前)*(?:是吧|对吧|对吗|是吗|对不对|是不是|没错吧|吧|吗)[\s?？!！。]*$/iu,
      /\bhow much (?:do|does|is|are).{0,20}\b(?:owe|left to pay|due|instal?lment|repayment)\b|\bwhen (?:is|are|do|does).{0,20}\b(?:due|pay|repayment|instal?lment)\b/iu,
      /^(?:please |can you |could you |may i |can i )?(?:(?:show|send|give|see|check|get|what(?:'s| is| are))(?: me)? )?(?:my |the )?(?:bill|(?:repayment )?schedule|repayments|instal?lments)(?:,? please)?[?!. ]*$|\bwhat do i (?:still )?owe\b/iu,
    ],
  },
  {
    intent: 'outcome',
    patterns: [
      /(?:会不会|能不能|可不可以|能否|是否|能|会)[^,，。;；]{0,4}(?:通过|过审|批下来|放款|下款)[^,，。;；]{0,2}[吗啊呢呀么嘛?？]|(?:会不会|能不能|能否|是否)会?被?(?:批|拒|通过|过审)|(?:通过|批准)的?(?:概率|几率|机会|希望)/u,
      /\b(?:will|would|can|could)\b.{0,20}\b(?:be )?(?:approved?|accepted|rejected|pass|go through)\b/iu,
    ],
  },
  {
    intent: 'progress',
    patterns: [
      /(?:审批|审核|批)[^,，。;；]{0,3}(?:下来|出来|通过|完成?|好|过)?了(?:没有?|吗|么|不)|(?:贷款|申请|审批|审核|结果)[^,，。;；]{0,4}(?:下来|出来|通过)了?(?:没有?|吗|么)|(?:我的|贷款|申请|审批|审核|单子)[^,，。;；]{0,4}(?:怎么样|咋样|什么情况|什么进度)了?|(?:贷款|申请|审批|审核|那边|现在|我的)[^,，。;；]{0,4}有(?:没有)?(?:结果|消息|进展|进度)了?(?:没有?|吗|么|$|[?？])|^有(?:没有)?(?:结果|消息|进展)了?(?:没有?|吗|么|$|[?？])|(?:放款|下款)了(?:没有?|吗|么)/u,
      /^(?:so |and |hi,? |hello,? )?(?:how(?:'s| is| are)|what(?:'s| is) (?:happening|going on) with|what about) (?:my|the|our) (?:loan|application|request|case)s?(?: (?:going|doing|coming along|now))?[?!. ]*$/iu,
      /\b(?:any|what(?:'s| is) the) (?:news|update|progress|status)\b|\b(?:has|is) my (?:loan|application) (?:been )?approved\b/iu,
      /^(?:please |can you |could you |may i |can i )?(?:(?:show|tell|see|check|get|what(?:'s| is))(?: me)? )?(?:my |the )?(?:(?:loan|application) )?(?:progress|status)(?: of my (?:loan|application))?(?:,? please)?[?!. ]*$/iu,
    ],
  },
  {
    // before questions: which documents are wanted is on file, and 资料不全怎么办 is for a person
    intent: 'documents',
    patterns: [
      new RegExp(
        `^(?!.{40})(?!.*(?:不[用要]|不需要)(?!.*吗))(?!.*(?:${WHEN}|[交发传给][了过](?:你们)?${WHICH}))(?:.*(?:差|缺|少|要|准备|[交补发带传给]|提供|上传)(?:了|给)?(?:你们?|您)?${WHICH}${PAPERS}|.*${PAPERS}(?:还|现在|目前)?[差缺少]${WHICH}|(?:我|请问|那|现在|目前|[,，\\s])*(?:还[差缺少]${WHICH}|(?:还|需?要|需(?!要)|得|应该|先)+(?:准备|[交补发带传]|提供|上传)(?:点|些)?${WHICH}?(?<=什么|啥|哪些|[交补传])(?:${PAPERS}(?=[吗么?？]))?)[吗呢啊呀么?？\\s]*$|.*${PAPERS}(?:都|是不是|你们?|已经|现在)*(?:收?齐|够|收到|全)了?(?:吗|没有?|么|[?？]))`,
        'u',
      ),
      /^(?=.{1,80}$)(?!.*\b(?:when|already|did i)\b).*(?:\b(?:what|which)(?: (?:other|more|else|further))? (?:documents?|papers?|paperwork|files?)\b.{0,24}\b(?:need|missing|send|submit|provide|bring|want|left|required)|\bwhat(?: else)? (?:do|should|must) (?:you (?:still )?need from me|i (?:still )?(?:need to )?(?:send|provide|submit))|\bwhat else do you need|\b(?:what(?:'s| is)|is anything|anything|am i) (?:still )?missing\b(?! (?:from|in|on)\b)|\b(?:are|is) (?:all |any )?(?:of )?(?:my |the )?(?:documents?|papers|paperwork) (?:still )?(?:missing|complete)|\b(?:got|received?|have) all (?:of )?(?:my |the )?(?:documents|papers|files)\b)/iu,
    ],
  },
  {
    intent: 'question',
    patterns: [
      /(?:什么时候|啥时候|多久|(?<![晚迟缓])几天|哪天|何时|几号|多长时间|什么时间)[^,，。;；]{0,6}(?:到账|放款|下款|打款|拿到钱|放下来|批下来|出结果|有结果|能?下来)|^(?!.*还).*到账了?(?:没有?|吗|么)|(?:到账|放款|下款|审批|审核)[^,，。;；]{0,3}(?:什么时候|啥时候|[要得]?多久|要?几天|多长时间)/u,
      /(?:手续费|服务费|中介费|费用|利息|利率|年化|罚息|违约金)[^,，。;；\d]{0,6}(?:多少|怎么[算收]|几个点|几厘|高不高|高吗|贵吗|吗|么|呢)|(?:收不收|有没有|要不要|收什么|有什么|要交|收)[^,，。;；\d]{0,4}(?:手续费|服务费|中介费|费用|利息|罚息|违约金)[^,，。;；\d]{0,4}$|多少(?:的)?(?:利息|利率|手续费|服务费)/u,
      /(?:流水|征信|身份证|资料|材料|执照|房产证|社保|公积金|收入证明|合同|证明)[^,，。;；\d]{0,4}(?:没有|没|丢了?|不在|找不到|拿不到|打不[出了]|不全|过期)[^,，。;；\d]{0,4}(?:怎么办|咋办|怎么弄|可以吗|行吗|能办吗|要紧吗|行不行|可不可以)/u,
      /(?:自动|主动|手动)(?:扣|还)(?:款|钱)?[^,，。;；]{0,4}(?:吗|么|还是|[?？])|(?:是不是|会不会|要不要|会)[^,，。;；]{0,3}(?:自动|自己)(?:扣|还)/u,
      /\b(?:interest rate|any fees|what(?:'s| is| are) the (?:rate|interest|fees?)|when (?:will|do) i (?:get|receive) the money)\b/iu,
    ],
  },
  {
    intent: 'other-amount',
    patterns: [
      new RegExp(
        `(?:只[要借贷]|我[要借贷]|想[要再多少]*[借贷]|[再多少][借贷批]|[能可]以?[借贷批])[^,，。;；\\d]{0,4}${SUM}|${SUM}(?:[吧啊]?就[行够好可]|够了|足够)`,
        'iu',
      ),
      /\b(?:only|just|want|need|borrow)\b.{0,12}\b\d[\d,.]*\s?(?:k|thousand|million|yuan|rmb)\b/iu,
    ],
  },
  {
    intent: 'adviser',
    patterns: [
      /^(?:请问|那|那个|[,，\s])*(?:我的?|负责我的?|跟我对接的?|现在)?的?(?:顾问|客户经理|业务员|专员)(?:是|叫)(?:谁|哪位|哪个|什么名字?)[啊呀呢吗\s?？]*$|^(?:请问|那|那个|[,，\s])*谁(?:是我的?|负责我|在跟进我|跟进我的?)(?:的?(?:顾问|客户经理|业务员|申请|贷款))?[啊呀呢的\s?？]*$/u,
      /^(?:and |so |hi,? |hello,? )?(?:who(?:'s| is) (?:my|the) (?:adviser|advisor|agent|account manager)|what(?:'s| is) (?:my|the) (?:adviser|advisor|agent)'s name)[?!. ]*$/iu,
    ],
  },
  {
    intent: 'give-up',
    patterns: [
      /^(?:算了|那个|那|我们?|现在|还是|先|暂时|就|[,，。\s])*(?:不想|不打算|不准备|不)(?:再|要|用)?(?:继续)?(?:办|贷|借|申请)(?:理|款|钱|贷款)?[了啦]吧?[,，。!！\s]*(?:谢谢|算了|不好意思)?[。.!！\s]*$/u,
      /^(?:sorry,? |ok,? |no,? |thanks,? |actually,? |well,? )*i (?:don't|do not|no longer) (?:want|need)(?: to (?:borrow|apply|continue|go on|proceed))?(?: (?:the|a|this|that|any|your) (?:loan|money|application))?(?: (?:any ?more|now|after all))?[.! ]*$|^(?:please )?(?:cancel|drop|stop) my (?:loan )?application[.! ]*$/iu,
    ],
  },
  {
    // a colleague's; customers have no flow for it
    intent: 'full-number',
    patterns: [
      /^(?!.*(?:\d|不完整|照片|复印|扫描|图))(?=.{2,40}$)(?=.*(?:电话|手机|号码|联系方式|身份证|卡号)).*(?:完整|全号|明文|打码|打星|带星|星号|脱敏)/u,
      /^(?!.*\d)[^,，。;；]{0,12}(?<!打.{0,2})(?:电话|手机号?|号码|联系方式)(?:是|号)?(?:多少|(?:再?给|发给?)(?:我|一下))[^,，。;；]{0,8}$/u,
      /\b(?:full|unmasked|complete) (?:phone|mobile|card|id|number)\b/iu,
    ],
  },
];

/** Longer messages are stories; a complaint is heard in them all the same. */
const LONGEST = 200;
const AT_ANY_LENGTH: ReadonlySet<Intent> = new Set(['complaint']);

/** Whether what is said of a matter is said of us: 我没有借过钱 may answer a colleague's question about other lenders. */
export function isSaidOfUs(intent: Intent, text: string): boolean {
  if (intent !== 'disputed') return true;
  return /你们|您们|贵公司|你家|平台|这里|这边|这[笔个]|不是(?:我|本人)|\byour\b|\b(?:this|that|it)(?: is not| was not|'s not| isn't| wasn't) my\b/iu.test(
    text.replaceAll('’', "'"),
  );
}

/** The matter a message is about; `undefined` for everything else. */
export function parseIntent(text: string): Intent | undefined {
  const plain = toSimplified(toHalfWidth(text)).replaceAll('’', "'").trim(); // telephones write don’t
  const rows = plain.length > LONGEST ? TABLE.filter(({ intent }) => AT_ANY_LENGTH.has(intent)) : TABLE;
  const intent = rows.find(({ patterns }) => patterns.some((pattern) => pattern.test(plain)))?.intent;
  if (plain.length > LONGEST) return intent;
  if (intent === undefined && isWithdrawal(text)) return 'withdraw-consent';
  return intent ?? (isAgreement(text) || MEANS_TO_AGREE.some((words) => words.test(plain)) ? 'agree' : undefined);
}
