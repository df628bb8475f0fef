/**
 * Whether a message agrees. A consent has to be plain: the word itself is in it (同意, agree), the whole message says nothing
 * else of weight, and it neither asks nor hesitates. 好的, 可以 and OK are polite noises and agree to nothing.
 */
import { toHalfWidth } from '../../lib/mask.ts';
import { toSimplified } from './understand/normalise.ts';

/** 我同意你们处理我的资料 · 那就同意吧 · 我授权 */
const AGREES =
  /^(?:好的?|行|嗯|那就?)?(?:我们?)?(?:本人)?(?:都|也|全部|完全|确认|已阅读并)?(?:同意|授权|接受)(?:授权)?(?:你们|贵公司)?(?:收集|保存|处理|使用)?(?:我的)?(?:个人)?(?:信息|资料|数据)?(?:处理|出境)?[了吧的啊呀哈哦啦]?$/u;
/** I agree to that · yes i agree · I hereby consent · you have my consent */
const AGREES_IN_ENGLISH =
  /^(?:(?:yes|ok|okay|sure|fine) )?(?:(?:i |we )?(?:do |fully |hereby )?(?:agreed?|consent|accept)(?: (?:to|with))?(?: (?:it|that|this|both|all of it|all of this|the terms|the processing|the transfer))?|(?:i give (?:you )?|you have )my consent)$/u;
/** What may stand beside it. */
const BESIDE =
  /^(?:好的?|行|可以|嗯|哦|没问题|谢谢|算了|我?想好了|我?看[完过]了|我?改主意了|我?改变主意了|点错了|yes|ok|okay|sure|fine|alright|all right|thanks|thank you|please|i(?:'ve| have)? changed my mind|changed my mind)$/u;
/** Longer messages say more than that. */
const MAX_LENGTH = 60;

/** Whether the whole message is a plain agreement: 我同意了 · 我改主意了，同意 · I agree to that. */
export function isAgreement(text: string): boolean {
  const plain = toSimplified(toHalfWidth(text)).replaceAll('’', "'").trim().toLowerCase();
  if (plain.length > MAX_LENGTH || plain.includes('?')) return false;
  const parts = plain
    .split(/[,，。.;；!！~、\n]/u)
    .map((part) => (/[\u4e00-\u9fa5]/u.test(part) ? part.replaceAll(/\s/gu, '') : part.trim().replaceAll(/\s+/gu, ' ')))
    .filter((part) => part !== '');
  const others = parts.filter((part) => !AGREES.test(part) && !AGREES_IN_ENGLISH.test(part));
  return others.length < parts.length && others.every((part) => BESIDE.test(part));
}
