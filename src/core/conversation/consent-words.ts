/**
 * Whether a message agrees, or takes its agreement back. Both have to be plain: the word itself is in it (同意, agree, 撤回), the
 * whole message says nothing else of weight, and it neither asks nor hesitates. 好的, 可以 and OK are polite noises and agree to
 * nothing; 银行那边的授权已经取消了 is about somebody else's.
 */
import { toHalfWidth } from '../../lib/mask.ts';
import { toSimplified } from './understand/normalise.ts';

/** 我同意你们处理我的资料 · 那就同意吧 · 我授权 */
const AGREES =
  /^(?:我?改(?:变)?主意了|我?想(?:好|通)了|我?后悔了)?(?:好[的吧]?|行吧?|嗯|算了)?(?:那就?)?(?:我们?)?(?:本人)?(?:还是|就|愿意|重新|现在)?(?:都|也|全部|完全|确认|已阅读并)?(?:同意|授权|接受)(?:授权)?给?(?:你们|贵公司)?(?:收集|保存|处理|使用)?(?:我的)?(?:个人)?(?:信息|资料|数据)?(?:处理|出境)?[了吧的啊呀哈哦啦]?$/u;
/** I agree to that · yes i agree · I hereby consent · you have my consent */
const AGREES_IN_ENGLISH =
  /^(?:(?:yes|ok|okay|sure|fine) )?(?:(?:i |we )?(?:do |fully |hereby )?(?:agreed?|consent|accept)(?: (?:to|with))?(?: (?:it|that|this|both|all of it|all of this|the terms|the processing|the transfer))?(?: now| again)?|(?:i give (?:you )?|you have )my consent)$/u;
/** 我的资料, 个人信息 */
const DATA = '(?:我的?)?(?:个人)?(?:资料|信息|数据)';
const HANDLE = '(?:收集|保存|处理|使用|用|共享)';
const YOU = '(?:给?你们|贵公司)?';
/** 撤回我的授权 · 把我的授权撤了 · 我不想授权了 · 不再同意你们用我的资料 · 请停止使用我的个人信息; 我不同意了 may be said of a price. */
const WITHDRAWS = new RegExp(
  '^(?:那|就|请|麻烦|帮|我们?|本人|还是|决定|想|要求?|申请|需要|现在|立即|立刻|马上|尽快)*(?:' +
    [
      '(?:撤回|撤销|撤消|撤掉|收回|取消)(?:一下|掉)?(?:对|给|我|你们|贵公司|之前|以前|所有|全部|一切|个人|信息|资料|数据|处理|使用|出境|的)*(?:同意|授权)(?:书)?',
      '把(?:我|之前|以前|所有|全部|给你们|给贵公司|个人|信息|资料|数据|的)*(?:同意|授权)(?:书)?(?:都|全)?(?:给?我)?(?:撤回|撤销|撤消|撤掉?|收回|取消)(?:一下|掉)?',
      `不(?:再|(?:想|愿意?)再?)授权${YOU}(?:再?${HANDLE})?(?:${DATA})?`,
      `不授权(?:给你们|你们|贵公司)?(?:${DATA})?(?=了)`,
      `不(?:再|(?:想|愿意?)再?)同意${YOU}再?${HANDLE}${DATA}`,
      `不(?:想|愿意?)(?:再?[让给])你们(?:再|继续)?${HANDLE}${DATA}`,
      `(?:停止|[别甭]再?|不要再?)(?:使用|用|处理)我的?(?:个人)?(?:资料|信息|数据)`,
    ].join('|') +
    ')[了吧啦]?$',
  'u',
);
const ON_DATA =
  '(?: (?:to|for) (?:the |you )?(?:us(?:e|ing)|process(?:ing)?|handl(?:e|ing))(?: of)? (?:of )?my (?:personal )?(?:data|information|details))';
const TAKES_BACK = '(?:withdraw|revoke|cancel|retract|take back)';
/** please withdraw my consent · I no longer consent · stop using my personal data; I don't agree any more may be said of a price. */
const WITHDRAWS_IN_ENGLISH = new RegExp(
  "^(?:(?:please|kindly|now|i|we|want to|wish to|would like to|'d like to|hereby|do|have decided to) ?)*(?:" +
    [
      `${TAKES_BACK} (?:(?:all|of|my|our) )*(?:(?:the|this|that|my|our|data|personal|privacy|processing) )*consents?${ON_DATA}?`,
      `${TAKES_BACK} (?:all )?(?:my|our) (?:data |personal |privacy |processing )*(?:authori[sz]ation|permission)${ON_DATA}?`,
      '(?:take|want) my consent (?:back|withdrawn|revoked|cancelled)',
      'remove my consent',
      'no longer want you to (?:use|process|handle|keep) my (?:personal )?(?:data|information|details)',
      `no longer consent${ON_DATA}?`,
      `no longer agree${ON_DATA}`,
      `(?:do not|don't) consent any ?(?:more|longer)`,
      `(?:do not|don't) agree${ON_DATA} any ?(?:more|longer)`,
      'stop (?:using|processing|handling) my (?:personal )?(?:data|information|details)',
      'my consent is (?:hereby )?(?:withdrawn|revoked)',
    ].join('|') +
    ')(?: (?:now|today|please|immediately|at once))*$',
  'u',
);
/** A withdrawal said once more: 请撤回 */
const SAID_AGAIN = /^(?:请|麻烦|帮我|我要)*(?:撤回|撤销|撤掉)(?:一下|吧|了)?$/u;
/** Polite noises, which may stand on either side of it. */
const NOISE =
  /^(?:好的?|好吧|行吧?|可以的?|嗯|哦|没问题|谢谢[你您]?|你好|您好|yes|ok|okay|sure|fine|alright|all right|hello|hi|thanks|thank you|please)$/u;
/** Second thoughts, which may stand before it: behind it (同意，我后悔了) they take it back. */
const SECOND_THOUGHTS =
  /^(?:算了|不好意思|抱歉|我?想[好通]了|我?后悔了|我?考虑(?:好了|清楚了|了一下|过了)|我想了想|我?看[完过]了|我?改主意了|我?改变主意了|点错了|sorry|i(?:'ve| have)? changed my mind|changed my mind)$/u;
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
  const first = parts.findIndex(isCore);
  return (
    first >= 0 &&
    parts.every(
      (part, at) => isCore(part) || NOISE.test(part) || isBeside(part) || (at < first && SECOND_THOUGHTS.test(part)),
    )
  );
}
