/**
 * Assets as a form names them: 房产：无 车产：全款. A label speaks for its own answer only, so that what stands behind 车产 is
 * never said of the house before it.
 */
import { matchesOf } from '../../../lib/matches.ts';
import { SOMEBODY_ELSES } from './somebody-else.ts';

/** A label with its answer: `owned` is undefined where it stays open (left blank, 有/无 as printed, somebody else's). */
export interface LabelledAsset {
  readonly owned: boolean | undefined;
  /** What the answer says, without the label. */
  readonly answer: string;
  readonly start: number;
  readonly end: number;
}

const PREFIX = '(?:名下|目前|现有|客户|本人|有无|有没有|是否有?|自有|自住|私家?|小|商品)?';
const STATUS = '(?:有?(?:全款|按揭|红本|贷款中?|月供|在供)|已?还清|抵押中|已抵押|(?:无|没有?)(?:贷款|按揭|抵押))';
const NONE = '(?:暂?无|没有?|没得|否|不是|none|no)';
/** What may follow an answer that no colon announces. */
const CLOSED = `(?:${STATUS}|有|是|${NONE})(?=[\\s,，。;；、)）]|$|[房车](?:产|屋|子|辆|有|无|没))`;
/** 车：有，全款: what follows the answer and says nothing but the status belongs to it. */
const FURTHER = `(?:[(（]${STATUS}[)）]|[^\\S\\n]*(?:[,，、][^\\S\\n]*)?${STATUS}(?=[\\s,，。;；、]|$))*`;
/** Up to a mark, or to the label that follows without a space. */
const ANSWER = `[^\\s,，。;；、(（)）]*?(?=[\\s,，。;；、(（)）]|$|[房车](?:产|屋|子|辆)?[:：])`;

function pattern(noun: string): RegExp {
  const label = `(?<=^|[\\s,，。;；、(（)）|\\ue000]|[无有是否](?=[房车][^:：]?[:：]))${PREFIX}(?:${noun})(?:情况|状况)?`;
  return new RegExp(
    `${label}(?:[^\\S\\n]*[:：][^\\S\\n]*(?<answer>(?!(?!有|是|${NONE}|${STATUS})[^\\s,，。;；:：]{1,8}[:：])${ANSWER}${FURTHER})|[^\\S\\n]?(?<bare>${CLOSED}${FURTHER}))`,
    'giu',
  );
}

const HOUSE = pattern('房(?:产|屋|子)?|住房');
const CAR = pattern('(?:汽|轿)?车(?:产|辆|子)?');

const DENIED = new RegExp(`^(?:${NONE}(?:[房车](?:产|屋|子|辆)?)?|[-—–/×x]+)(?=[\\s,，、(（]|$)`, 'iu');
const OPEN = new RegExp(
  `^$|^[_＿.]+$|^(?:已经?|早就?|都|刚)?(?:卖|法拍|被法拍)|^有\\s?[/／、或|]?\\s?[无没]有?$|^(?:租|公司|单位|宿舍|别人|(?:父母|爸妈|父亲|母亲|老婆|老公|妻子|丈夫|配偶|家人|亲戚|朋友)(?:名下|的))|^(?:${SOMEBODY_ELSES})`,
  'u',
);

/** Every labelled mention of the asset, in order. */
export function labelledAssets(text: string, asset: 'house' | 'car'): readonly LabelledAsset[] {
  return matchesOf(text, asset === 'house' ? HOUSE : CAR).map((match) => {
    const answer = (match.groups?.['answer'] ?? match.groups?.['bare'] ?? '').trim();
    const owned = OPEN.test(answer) ? undefined : !DENIED.test(answer);
    return { owned, answer, start: match.index, end: match.index + match[0].length };
  });
}
