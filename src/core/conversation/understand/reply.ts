/** Short replies: yes, no, agreement, "as it was". Whole messages only; a word inside a sentence decides nothing. */

import { toSimplified } from './normalise.ts';

const YES =
  /^(?:是的?|是滴|对的?|对对对?|对头|对滴|是对的|好的?|好呀|好嘞|好滴|可以的?|行[的吧]?|要得|中|得[嘞勒]|成|嗯+|嗯呢|恩|(?:没错)+[的啊呀哦]?|是的?没错|确认|确定|正确|ok(?:ay)?|right|correct|confirm|(?:yes,? )?(?:that is|that's|it is|it's) (?:all )?(?:right|correct)|i (?:do|have)|(?:yes|y|yeah|yep|yup|sure|of course)(?:,? (?:please|sure|of course|correct|(?:i|we) (?:do|have)|it is|there is|that's (?:right|correct)))?|👌|👍)$/iu;
/** Said of what stands before one's eyes; no answer to whether one owns a house. */
const AS_SHOWN =
  /^(?:没有?(?:什么)?不对的?|没有?(?:什么)?(?:问题|毛病)的?|就是?这样(?:的|吧)?|(?:信息|内容|资料|金额)?(?:都|全都?)(?:是?对的?|没错|没问题)|(?:信息|内容|资料|金额)没(?:问题|错)|好的没问题|确认?无误|核对无误|没[填写]错|(?:yep,? |yes,? )?(?:all|looks?|everything(?:'s| is)?)(?: looks?)? (?:right|correct|good|fine|ok)(?:,? thanks)?)$/iu;
const NO =
  /^(?:不|不是的?|不对|不行|不要|不用|不了|否|没有?|算了|错了?|no|n|nope|nah|wrong|(?:no,? )?(?:i|we) (?:don't|do not|haven't|have not)|no,? (?:thanks?|thank you|it isn't|it is not|there isn't))$/iu;
const AGREE = /^(?:我?(?:已阅读并)?同意(?:授权)?|我?授权|agree|i agree|accept)$/iu;
const DECLINE = /^(?:我?不同意|拒绝|不授权|disagree|i do not agree|decline)$/iu;
const UNCHANGED = /^(?:不变|不改|不用改|一样|照旧|保持|keep|same|unchanged)$/iu;

const COURTESY =
  /^(?:(?:好的?|嗯|行|ok)?[,，\s]*(?:谢谢|多谢|谢了|感谢|谢谢(?:你|您|啦|哈|了)|辛苦(?:了|啦)?|麻烦(?:了|你了|您了))|(?:好[的呀嘞滴]?|嗯+呢?|恩|行[的吧]?|可以的?|ok(?:ay)?|👌|👍|🙏)[,，\s]*(?:收到|知道了|明白了?|了解)?|收到|知道了|明白了?|了解|thanks?(?: you)?(?: very much| a lot)?|thx|got it|noted)$/iu;

/** Whether a whole message is thanks or a plain "received", which wants no more than a friendly word. */
export function isCourtesy(text: string): boolean {
  const plain = toSimplified(text)
    .trim()
    .replaceAll(/[\s。.!！~～,，]+$/gu, '');
  return COURTESY.test(plain);
}

const GREETING =
  /^(?:(?:你们?|您|大家|各位)?好[呀啊哈]?|嗨|哈[喽啰]|在吗?|早(?:安|啊|呀|上好)?|上午好|中午好|下午好|晚上好|晚安|hi|hello|hey|good (?:morning|afternoon|evening))(?: there)?(?:[,，\s!！~～]*(?:在吗?|在不在|有人在?吗?|打扰了|anybody there|are you there))?$/iu;

/** Whether a whole message only greets. */
export function isGreeting(text: string): boolean {
  const plain = toSimplified(text)
    .trim()
    .replaceAll(/[\s。.!！~～,，?？]+$/gu, '');
  return GREETING.test(plain);
}

/** Longer messages say more than yes. */
const MAX_YES = 40;

/** What a short reply says; `undefined` for everything longer or else. */
export type Reply = 'yes' | 'no' | 'agree' | 'decline' | 'unchanged';

/** Reads a whole message as a short reply. Consent needs the explicit word: "好的" is `yes`, never `agree`. */
export function parseReply(text: string): Reply | undefined {
  const plain = toSimplified(text)
    .trim()
    .replaceAll('’', "'")
    .replaceAll(/[\s。.!！~～,，]+$/gu, '');
  if (AGREE.test(plain)) return 'agree';
  if (DECLINE.test(plain)) return 'decline';
  if (isYes(plain)) return 'yes';
  if (NO.test(plain)) return 'no';
  return UNCHANGED.test(plain) ? 'unchanged' : undefined;
}

/** Whether a yes is one to what is shown only: 就这样 · 没有问题. */
export function isYesToWhatIsShown(text: string): boolean {
  const parts = partsOf(toSimplified(text).replaceAll('’', "'"));
  return parts.some((part) => AS_SHOWN.test(part)) && !parts.some((part) => YES.test(part) && !COURTESY.test(part));
}

/** 没错，就这样 · 对的，谢谢. Only polite noises (好的，谢谢) say no yes. */
function isYes(plain: string): boolean {
  if (YES.test(plain) || AS_SHOWN.test(plain)) return true;
  const parts = plain.length > MAX_YES ? [] : partsOf(plain);
  const isPlain = (part: string): boolean => AS_SHOWN.test(part) || (YES.test(part) && !COURTESY.test(part));
  return parts.some(isPlain) && parts.every((part) => isPlain(part) || YES.test(part) || COURTESY.test(part));
}

function partsOf(plain: string): readonly string[] {
  return plain
    .split(/[,，。.!！~;；]/u)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
