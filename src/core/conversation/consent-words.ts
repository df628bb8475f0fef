/**
 * Whether a message agrees, or takes its agreement back. Both have to be plain: the word itself is in it (同意, agree, 撤回), the
 * whole message says nothing else of weight, and it neither asks nor hesitates. 好的, 可以 and OK are polite noises and agree to
 * nothing; 银行那边的授权已经取消了 is about somebody else's.
 */
import { toHalfWidth } from '../../lib/mask.ts';
import { toSimplified } from './understand/normalise.ts';

/** 我同意你们处理我的资料 · 那就同意吧 · 我授权 */
const AGREES =
  /^(?:好的?|行|嗯|那就?)?(?:我们?)?(?:本人)?(?:都|也|全部|完全|确认|已阅读并)?(?:同意|授权|接受)(?:授权)?(?:你们|贵公司)?(?:收集|保存|处理|使用)?(?:我的)?(?:个人)?(?:信息|资料|数据)?(?:处理|出境)?[了吧的啊呀哈哦啦]?$/u;
/** I agree to that · yes i agree · I hereby consent · you have my consent */
const AGREES_IN_ENGLISH =
  /^(?:(?:yes|ok|okay|sure|fine) )?(?:(?:i |we )?(?:do |fully |hereby )?(?:agreed?|consent|accept)(?: (?:to|with))?(?: (?:it|that|this|both|all of it|all of this|the terms|the processing|the transfer))?(?: now)?|(?:i give (?:you )?|you have )my consent)$/u;
/** 撤回我的授权 · 请取消对你们的授权 · 我不想授权了 · 请停止使用我的个人信息 */
const WITHDRAWS =
  /^(?:那|就|请|麻烦|帮|我们?|本人|还是|决定|想|要求?|申请|需要|现在|立即|马上)*(?:(?:撤回|撤销|撤消|撤掉|收回|取消)(?:一下|掉)?(?:对|给|我|你们|之前|以前|所有|全部|一切|个人|信息|资料|数据|处理|使用|出境|的)*(?:同意|授权)(?:书)?|不(?:再|(?:想|愿意?)再?)(?:同意|授权)(?:给?你们|贵公司)?(?:再?(?:使用|用|处理|收集|保存|共享))?(?:我的?)?(?:个人)?(?:资料|信息|数据)?|(?:停止|[别甭]再?|不要再?)(?:使用|用|处理)我的?(?:个人)?(?:资料|信息|数据))[了吧啦]?$/u;
/** please withdraw my consent · I no longer consent · stop using my personal data */
const WITHDRAWS_IN_ENGLISH =
  /^(?:(?:please|kindly|now|i|we|want to|wish to|would like to|'d like to|hereby|do|have decided to) ?)*(?:(?:withdraw|revoke|cancel|retract|take back) (?:(?:all|of|my|our) )*(?:(?:the|this|that|my|our|data|personal|privacy|processing) )*consents?|(?:withdraw|revoke|cancel|retract|take back) (?:all )?(?:my|our) (?:data |personal |privacy |processing )*(?:authori[sz]ation|permission)|no longer (?:consent|agree)|(?:do not|don't) (?:consent|agree) any ?(?:more|longer)|stop (?:using|processing|handling) my (?:personal )?(?:data|information|details)|my consent is (?:hereby )?(?:withdrawn|revoked))(?: (?:to|for) (?:the |you )?(?:us(?:e|ing)|process(?:ing)?|handl(?:e|ing))(?: of)? (?:of )?my (?:personal )?(?:data|information|details))?(?: (?:now|today|please|immediately|at once))*$/u;
/** A withdrawal said once more: 请撤回 */
const SAID_AGAIN = /^(?:请|麻烦|帮我|我要)*(?:撤回|撤销|撤掉)(?:一下|吧|了)?$/u;
/** What may stand beside it. */
const BESIDE =
  /^(?:好的?|行|可以|嗯|哦|没问题|谢谢|算了|我?想好了|我?考虑(?:好了|清楚了|了?一下|过了)|可以的|我想了想|不好意思|抱歉|你好|您好|我?看[完过]了|我?改主意了|我?改变主意了|点错了|yes|ok|okay|sure|fine|alright|all right|sorry|hello|hi|thanks|thank you|please|i(?:'ve| have)? changed my mind|changed my mind)$/u;
/** Longer messages say more than that. */
const MAX_LENGTH = 60;

/** Whether the whole message is a plain agreement: 我同意了 · 我改主意了，同意 · I agree to that. */
export function isAgreement(text: string): boolean {
  return saysOnly(text, (part) => AGREES.test(part) || AGREES_IN_ENGLISH.test(part));
}

/** Whether the whole message plainly takes an agreement back: 请撤回我的授权 · I want to withdraw my consent. */
export function isWithdrawal(text: string): boolean {
  const core = (part: string): boolean => WITHDRAWS.test(part) || WITHDRAWS_IN_ENGLISH.test(part);
  return saysOnly(text, core, (part) => SAID_AGAIN.test(part));
}

function saysOnly(
  text: string,
  isCore: (part: string) => boolean,
  isBeside: (part: string) => boolean = () => false,
): boolean {
  const plain = toSimplified(toHalfWidth(text)).replaceAll('’', "'").trim().toLowerCase();
  if (plain.length > MAX_LENGTH || plain.includes('?')) return false;
  const parts = plain
    .split(/[,，。.;；!！~、\n]/u)
    .map((part) => (/[\u4e00-\u9fa5]/u.test(part) ? part.replaceAll(/\s/gu, '') : part.trim().replaceAll(/\s+/gu, ' ')))
    .filter((part) => part !== '');
  const others = parts.filter((part) => !isCore(part));
  return others.length < parts.length && others.every((part) => BESIDE.test(part) || isBeside(part));
}
