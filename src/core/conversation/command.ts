/**
 * What a person can say at any time, whatever is going on: look-ups (客户 138…, 待办) and controls (取消, 上一步). Each
 * Chinese word has an ASCII twin with a slash, and most have one without: Slack keeps a leading slash for its own commands, so
 * there it is the word alone or `/daiban <word>`. A command is a whole message; the same word inside a sentence is text.
 */
import { LANGUAGES, type Language } from '../../lib/i18n.ts';
import { toHalfWidth } from '../../lib/mask.ts';
import type { CommandName } from '../flow/index.ts';
import { parseReassignment } from './reassign-words.ts';
import { isLatinName } from './understand/latin-name.ts';
import { toSimplified } from './understand/normalise.ts';
import { parsePhone } from './understand/phone.ts';

/** A recognised command; `argument` is '' when there is none. */
export interface Command {
  readonly name: CommandName;
  readonly argument: string;
}

interface CommandWords {
  readonly name: CommandName;
  readonly words: readonly string[];
  readonly argument: 'none' | 'optional' | 'required';
}

/** Not now: the form is put aside, as 取消 does; where nothing is open it is only a word of politeness. */
const LATER: ReadonlySet<string> = new Set(
  [
    '稍后 稍后再说 等下 等下再说 等会再说 等会儿再说 待会再说 待会儿再说 一会儿再说 过会儿再说 晚点 晚点再说 晚点再填 回头再说 明天再说 明天再弄 明天再填',
    '改天 改天再说 下次再说 以后再说 有空再说 有空再填 先放着 先这样 睡了 我睡了 先睡了 我先睡了 要睡了 我要睡了 准备睡了 睡觉了',
  ]
    .flatMap((words) => words.split(' '))
    .concat([
      'later',
      'later please',
      'later thanks',
      'maybe later',
      'not now',
      'not right now',
      'not today',
      'not now please',
      'some other time',
      'another time',
      'ask me later',
      'please ask me later',
      "i'll do it later",
    ]),
);
/** The same, but where nothing is open it is an answer to somebody who wants to talk. */
const BUSY: ReadonlySet<string> = new Set(
  '在忙 我在忙 正忙着 现在没空 没空 在开会 在开车'
    .split(' ')
    .concat(["i'm busy", "i'm busy now", "i'm driving", "i'm in a meeting"]),
);
/** What says that it is later, for a flow. */
export const LATER_ARGUMENT = 'later';
/** What says that he is busy. */
export const BUSY_ARGUMENT = 'busy';

const TO_DOS = ['task', 'todo', 'to-do', 'to do'].flatMap((word) =>
  [`${word}s`, `my ${word}s`, `my ${word}`, `${word} list`, `my ${word} list`].concat(word === 'task' ? [] : word),
);

const TABLE: readonly CommandWords[] = [
  { name: 'customer', words: ['客户', '查客户', '找客户', '/customer'], argument: 'required' },
  {
    name: 'my-customers',
    words: ['我的客户', '客户列表', '/customers', 'customers', 'my customers', 'my clients', 'customer list'],
    argument: 'none',
  },
  { name: 'tasks', words: ['待办', '我的待办', '/tasks', '/todo', ...TO_DOS], argument: 'none' },
  { name: 'finish', words: ['完成', '完成待办', '办完', '办完待办', '/done', 'done', 'finish'], argument: 'required' },
  { name: 'reopen', words: ['重开', '重开待办', '/reopen', 'reopen'], argument: 'required' },
  {
    name: 'approvals',
    words: ['审批', '待审批', '我的审批', '/approvals', 'approvals', 'my approvals'],
    argument: 'optional',
  },
  { name: 'repayment', words: ['还款', '还款计划', '查还款', '/repayment'], argument: 'required' },
  { name: 'help', words: ['帮助', '使用说明', '菜单', '/help', 'help', '/start', '/daiban'], argument: 'none' },
  { name: 'submit', words: ['提交', '提交审批', '/submit'], argument: 'optional' },
  { name: 'upload', words: ['上传', '传资料', '上传资料', '/upload', 'upload'], argument: 'optional' },
  { name: 'invite', words: ['邀请', '邀请客户', '/invite', 'invite'], argument: 'optional' },
  { name: 'reassign', words: ['转派', '转派客户', '/reassign', 'reassign'], argument: 'optional' },
  { name: 'continue', words: ['继续', '接着填', '回到', '/continue', 'continue'], argument: 'optional' },
  { name: 'cancel', words: ['取消', '不填了', '退出', '/cancel', 'cancel'], argument: 'none' },
  { name: 'skip', words: ['跳过', '先跳过', '下一个', '/skip', 'skip'], argument: 'none' },
  { name: 'back', words: ['上一步', '返回', '上一个', '/back', 'back'], argument: 'none' },
  { name: 'restart', words: ['重来', '重新开始', '重新填', '/restart', 'restart'], argument: 'none' },
  { name: 'human', words: ['人工', '转人工', '找人工', '人工客服', '真人', '/human', 'human'], argument: 'none' },
  { name: 'hand-back', words: ['交还', '交还机器人', '/handback', 'handback', 'hand-back'], argument: 'optional' },
  { name: 'language', words: ['语言', '切换语言', '/language', 'language'], argument: 'optional' },
];
/** Every command there are words for. */
export const COMMANDS: readonly CommandName[] = TABLE.map(({ name }) => name);

/** What people call the languages the bot speaks, in simplified lower case. */
const LANGUAGE_WORDS: Readonly<Record<Language, readonly string[]>> = {
  'zh-CN': ['中文', '汉语', '普通话', '国语', '简体中文', 'chinese', 'mandarin', 'zh', 'zh-cn'],
  en: ['英文', '英语', 'english', 'en'],
};
/** 用英文 · 请说中文 · 换成英语吧 */
const LANGUAGE_SENTENCE =
  /^(?:请|帮我|麻烦)?(?:用|说|讲|换成?|改成|改用|切换[成到]?)(?<language>[\u4e00-\u9fa5]{2,4}?)(?:吧|说|回复|交流)?$/u;
/** speak English · please reply in Chinese · English, please */
const ENGLISH_LANGUAGE_SENTENCE =
  /^(?:please )?(?:(?:speak|use|switch to|(?:(?:reply|answer|speak|talk) )?in) )?(?<language>english|chinese|mandarin)(?:,? please)?$/u;

const BY_WORD = new Map(TABLE.flatMap((row) => row.words.map((word) => [word, row] as const)));
/** 先查一下张三的还款计划 · 看看何女士的还款 */
const REPAYMENT_SENTENCE =
  /^(?:先|帮我|请|麻烦)*(?:查|看)(?:一?下|看)?(?<who>[^\s,，]{1,12}?)的?还款(?:计划|情况|记录)?$/u;
/** 查一下客户张三 · 查 13800006612 */
const CUSTOMER_SENTENCE =
  /^(?:先|帮我|请|麻烦)*(?:查|找)(?!询)(?:一?下|看)?\s?(?:客户\s?(?<who>[^\s,，的]{1,20})|(?<key>[+\d][\d -]{6,16}|[KALQC]\d{1,8}))$/iu;
/** 我先看看客户何女士的资料: looking at takes what is looked at, 看看客户能不能做 asks for no file. */
const FILE_SENTENCE =
  /^[….\s]*(?:我|先|再|要|想|帮我|请|麻烦)*(?:看|查)(?:看|一?下)?客户\s?(?<who>[^\s,，的]{1,20})的(?:资料|情况|信息|档案)$/u;
/** submit A1087 · customer Mr Wang · repayment 0023: before anything but a number or a name these English words are talk */
const ENGLISH_COMMAND = /^(?<word>submit|customer|repayment)(?:\s+(?<argument>[^\s,，][^,，\n]{0,39}))?$/iu;
const NUMBER_OR_CHINESE_NAME = /^(?:\d{3,18}|[\u4e00-\u9fa5·]{1,8})$/u;
/** 提交 A1089 执照是她自己的: what follows the number is for those who decide. 提交 A1089 了吗 asks, 提交 A1089 先等等 wants nothing handed in. */
const SUBMIT_WITH_NOTE =
  /^\/?(?:提交审批|提交|submit)\s*(?<key>[AK]\d{1,8})(?:\s*[,，:：;；。]\s*|\s+)(?!了|过|的|没有?$|先|等|别|不|取消|撤|之?前|怎么|为什么|被|再|not\b|wait|later|cancel|失败|报错|.*(?:先不|别|不要|暂不)提交|.*[?？吗呢么]$)(?<note>[^\s,，。.!！?？].{0,299})$/isu;
const SHORT_ID = /^[KALQC]\d{1,8}$/iu;
const MAX_ARGUMENT = 40;

/** K305, A1087, L0456 in upper case; `undefined` for anything else. */
export function parseShortId(text: string): string | undefined {
  const plain = text.trim();
  return SHORT_ID.test(plain) ? plain.toUpperCase() : undefined;
}

/** What a number alone asks for: whose papers they are, the case's card, the plan of the loan. */
const LOOK_UPS: ReadonlyMap<string, CommandName> = new Map([
  ['K', 'customer'],
  ['C', 'customer'],
  ['A', 'approvals'],
  ['L', 'repayment'],
]);

/** 借据L0457, L0457还多少钱, loan L0456: the number of a loan with no more than what it is asked for. */
const LOAN_ASKED =
  /^(?:借据|贷款|(?:my |the )?loan )?\s?(?<number>L\d{1,9})\s?(?:的?(?:账单|还款计划)|(?:这笔|[今明]天|[这本下]期|要|总共|一共){0,2}(?:还(?:要|有|剩|差|欠)?|剩|欠|差)?(?:多少|几期)(?:钱|没还)?)?$/iu;

/** The look-up a number stands for when it is the whole message; `undefined` for anything else. It may still be an answer. */
export function parseLookUp(text: string): Command | undefined {
  const plain = plainWords(text);
  const number = parseShortId(LOAN_ASKED.exec(plain)?.groups?.['number'] ?? plain);
  const name = LOOK_UPS.get(number?.slice(0, 1) ?? '');
  return number === undefined || name === undefined ? undefined : { name, argument: number };
}

/** What a number names: `customer` (K305), `application` (A1087), `loan` (L0456); `none` where it is no such number. */
export function kindOfNumber(text: string): 'customer' | 'application' | 'loan' | 'none' {
  const name = parseLookUp(text)?.name;
  if (name === 'approvals') return 'application';
  if (name === 'repayment') return 'loan';
  return name === 'customer' ? 'customer' : 'none';
}

function plainWords(text: string): string {
  return toHalfWidth(text)
    .trim()
    .replace(/[。.!！?？]+$/u, '');
}

/** What whoever submits a case adds for those who decide it; `undefined` when he adds nothing. */
export function noteOnSubmitting(text: string): string | undefined {
  return SUBMIT_WITH_NOTE.exec(text.trim())?.groups?.['note'];
}

/** The command a message is, if it is one. */
export function parseCommand(text: string): Command | undefined {
  const noted = SUBMIT_WITH_NOTE.exec(text.trim())?.groups?.['key'];
  if (noted !== undefined) return { name: 'submit', argument: noted.toUpperCase() };
  const plain = plainWords(text).replace(/^\/?hand back\b/iu, 'handback');
  if (plain.length > 60 || plain.includes('\n')) return undefined;
  if (parseReassignment(plain)) return { name: 'reassign', argument: plain };
  const phrase = phraseCommand(plain);
  if (phrase) return phrase;
  const [head = '', ...rest] = plain.split(/[\s:：]+/u);
  const row = BY_WORD.get(toSimplified(head).toLowerCase());
  if (row) return commandOf(row, rest);
  return gluedCommand(plain) ?? languageCommand(toSimplified(plain).toLowerCase()) ?? sentenceCommand(plain);
}

/** my customers, not now: several words that mean one thing as a whole. */
function phraseCommand(plain: string): Command | undefined {
  const words = toSimplified(plain)
    .replaceAll('’', "'")
    .replaceAll(/[\s,，]+/gu, ' ')
    .toLowerCase();
  const plainest = words.replace(/[吧啊哈哦啦呀~～]+$/u, '');
  if (LATER.has(words) || LATER.has(plainest)) return { name: 'cancel', argument: LATER_ARGUMENT };
  if (BUSY.has(words) || BUSY.has(plainest)) return { name: 'cancel', argument: BUSY_ARGUMENT };
  const row = BY_WORD.get(words);
  return row && row.argument !== 'required' ? { name: row.name, argument: '' } : undefined;
}

/** A language's name alone is an answer to something else; it wants a verb or a 'please'. */
function languageCommand(plain: string): Command | undefined {
  const language =
    LANGUAGE_SENTENCE.exec(plain)?.groups?.['language'] ?? ENGLISH_LANGUAGE_SENTENCE.exec(plain)?.groups?.['language'];
  const wanted = language === undefined || language === plain ? undefined : languageCalled(language);
  return wanted && { name: 'language', argument: wanted };
}

/** English, 中文 and nothing else: a wish, unless it is the answer to something. */
export function parseLanguageName(text: string): Command | undefined {
  const plain = plainWords(text);
  const language = plain.length < 2 || /^[a-z-]{2,5}$/iu.test(plain) ? undefined : languageCalled(plain);
  return language && { name: 'language', argument: language };
}

function languageCalled(words: string): Language | undefined {
  const plain = toSimplified(words).toLowerCase();
  return LANGUAGES.find((language) => LANGUAGE_WORDS[language].includes(plain));
}

function commandOf(row: CommandWords, rest: readonly string[]): Command | undefined {
  const argument = rest.join(' ');
  if (row.argument === 'none') return rest.length === 0 ? { name: row.name, argument: '' } : undefined;
  if (argument === '') return row.argument === 'optional' ? { name: row.name, argument } : undefined;
  // 客户 何女士 13800006612 想贷30万 is a new lead, not a question: an argument is one word, or a phone with spaces.
  if (row.name === 'language')
    return { name: row.name, argument: languageCalled(argument) ?? argument.slice(0, MAX_ARGUMENT) };
  if (row.name === 'finish' || row.name === 'reopen') return todoCommand(row.name, argument);
  // 审批 通过了吗 is talk; only a case can be asked for.
  if (row.name === 'approvals' && parseShortId(argument) === undefined) return undefined;
  // 客户 Mr Wang; upload bank statement is talk
  const isWho = row.argument === 'required' && isLatinName(argument);
  const oneThing = rest.length === 1 || isWho || parsePhone(argument) !== undefined;
  return oneThing && argument.length <= MAX_ARGUMENT && !/[,，。;；]/u.test(argument)
    ? { name: row.name, argument }
    : undefined;
}

/** T12 as a to-do is called, typed with its letter or without; A1087 is a case for approval. 办完 手续 is talk. */
const TODO = /^(?:待办\s*)?[t#]?(?<digits>\d{1,9})$/iu;

function todoCommand(name: 'finish' | 'reopen', argument: string): Command | undefined {
  const digits = TODO.exec(argument)?.groups?.['digits'];
  if (digits !== undefined) return { name, argument: `T${Number(digits)}` };
  const number = parseShortId(argument);
  return number?.startsWith('A') === true ? { name, argument: number } : undefined;
}

/** 邀请吴先生, 交还何女士: a form of address ends the name; 客户何女士 may begin a lead. */
const GLUED_NAME =
  /^(?<word>邀请|交还|继续|回到|上传|还款|查客户|找客户)(?<who>[\u4e00-\u9fa5]{1,3}(?:女士|先生|小姐|太太|老板|总|经理|老师|阿姨|师傅|哥|姐|叔))$/u;

/** 客户K305, 还款13800006612, 提交A1087: written without a space, only before an id or a phone. */
function gluedCommand(plain: string): Command | undefined {
  const named = GLUED_NAME.exec(plain)?.groups;
  const wanted = BY_WORD.get(named?.['word'] ?? '');
  if (wanted) return { name: wanted.name, argument: named?.['who'] ?? '' };
  const match = /^(?<word>[\u4e00-\u9fa5]{2,4})(?<argument>[A-Za-z]?\d[\d-]*)$/u.exec(plain);
  const row = BY_WORD.get(match?.groups?.['word'] ?? '');
  const argument = match?.groups?.['argument'] ?? '';
  if (!row || row.argument === 'none') return undefined;
  if (row.name === 'finish' || row.name === 'reopen') return todoCommand(row.name, argument);
  return parseShortId(argument) !== undefined || parsePhone(argument) !== undefined
    ? { name: row.name, argument }
    : undefined;
}

function englishCommand(plain: string): Command | undefined {
  const { word = '', argument = '' } = ENGLISH_COMMAND.exec(plain)?.groups ?? {};
  const row = BY_WORD.get(`/${word.toLowerCase()}`);
  if (!row || (argument === '' && row.argument === 'required')) return undefined;
  const isCase = argument === '' || parseShortId(argument) !== undefined || parsePhone(argument) !== undefined;
  const isWho = row.argument === 'required' && (NUMBER_OR_CHINESE_NAME.test(argument) || isLatinName(argument));
  return isCase || isWho ? { name: row.name, argument } : undefined;
}

function sentenceCommand(plain: string): Command | undefined {
  const english = englishCommand(plain);
  if (english) return english;
  const repayment = REPAYMENT_SENTENCE.exec(plain)?.groups?.['who'];
  if (repayment !== undefined) return { name: 'repayment', argument: repayment.replace(/^客户/u, '') };
  const found = (CUSTOMER_SENTENCE.exec(plain) ?? FILE_SENTENCE.exec(plain))?.groups;
  const customer = found?.['who'] ?? found?.['key'];
  return customer === undefined ? undefined : { name: 'customer', argument: customer };
}
