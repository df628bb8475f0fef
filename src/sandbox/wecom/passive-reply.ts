/** The encrypted answer inside the app's 200 (被动回复): verify, decrypt, and turn its card into the JSON form. */
import { z } from 'zod';
import { type CallbackKeys, sameSignature, signature, unseal } from './crypto.ts';
import { templateCardSchema, type TemplateCard } from './card-schema.ts';
import { readXml, xmlText, xmlTree, type XmlTree } from './xml.ts';
import { rowOf } from '../kernel/values.ts';

/** What the body of a 200 turned out to be. */
export type ReadReply =
  | { readonly kind: 'none' }
  | { readonly kind: 'reply'; readonly tree: XmlTree; readonly plaintext: string }
  /** Not an answer WeCom can use; `why` is a stable snake_case word. */
  | { readonly kind: 'bad'; readonly why: string };

/** Reads the body of a 200. `member` is who the answer must be for, `corpId` who it must come from. */
export function readPassiveReply(
  body: string,
  keys: CallbackKeys,
  names: { member: string; corpId: string },
): ReadReply {
  if (body === '' || body === 'success') return { kind: 'none' };
  const envelope = readXml(body);
  const encrypted = xmlText(envelope, 'Encrypt');
  if (encrypted === '') return { kind: 'bad', why: 'plaintext_reply' };
  const [timestamp, nonce] = [xmlText(envelope, 'TimeStamp'), xmlText(envelope, 'Nonce')];
  const expected = signature(keys.token, timestamp, nonce, encrypted);
  if (!sameSignature(expected, xmlText(envelope, 'MsgSignature'))) return { kind: 'bad', why: 'reply_signature' };
  const opened = unseal(keys.encodingAesKey, encrypted);
  if (opened === undefined) return { kind: 'bad', why: 'reply_ciphertext' };
  if (opened.receiveId !== names.corpId) return { kind: 'bad', why: 'reply_receiveid' };
  const tree = readXml(opened.message);
  if (tree === undefined) return { kind: 'bad', why: 'reply_xml' };
  const swapped = xmlText(tree, 'ToUserName') === names.member && xmlText(tree, 'FromUserName') === names.corpId;
  return swapped ? { kind: 'reply', tree, plaintext: opened.message } : { kind: 'bad', why: 'reply_names_not_swapped' };
}

/** Members whose JSON name is not simply the CamelCase one with underscores. */
const JSON_NAMES: Readonly<Record<string, string>> = {
  KeyName: 'keyname',
  UserId: 'userid',
  AppId: 'appid',
  PagePath: 'pagepath',
  Pagepath: 'pagepath',
  CheckBox: 'checkbox',
};

const NUMBERS = new Set(['type', 'style', 'desc_color', 'mode', 'aspect_ratio']);
const BOOLEANS = new Set(['disable', 'is_checked']);

/** `<TemplateCard>` in the JSON form; `undefined` when a member has the wrong shape. */
export function cardFromXml(tree: XmlTree): TemplateCard | undefined {
  const parsed = templateCardSchema.safeParse(toJson(tree));
  return parsed.success ? parsed.data : undefined;
}

/** The articles of a news reply; one without items has none. */
export function articlesFromXml(tree: XmlTree): { title: string; description: string; picurl: string; url: string }[] {
  const items = xmlTree(tree, 'Articles')?.['item'];
  const articles = items !== undefined && isList(items) ? items : [];
  return articles
    .filter((item) => typeof item !== 'string')
    .map((item) => ({
      title: xmlText(item, 'Title'),
      description: xmlText(item, 'Description'),
      picurl: xmlText(item, 'PicUrl'),
      url: xmlText(item, 'Url'),
    }));
}

type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json };

function toJson(tree: XmlTree): Json {
  const members: Record<string, Json> = {};
  for (const [name, value] of Object.entries(tree)) {
    if (value === undefined || name === '#text') continue;
    const jsonName = rowOf(JSON_NAMES, name) ?? name.replaceAll(/(?<!^)([A-Z])/g, '_$1').toLowerCase();
    members[jsonName] = memberJson(jsonName, value);
  }
  return members;
}

function memberJson(name: string, value: NonNullable<XmlTree[string]>): Json {
  if (typeof value === 'string') return scalar(name, value);
  if (isList(value)) return value.map((item) => (typeof item === 'string' ? item : toJson(item)));
  return toJson(value);
}

function isList(value: string | XmlTree | readonly (string | XmlTree)[]): value is readonly (string | XmlTree)[] {
  return Array.isArray(value);
}

function scalar(name: string, value: string): Json {
  if (NUMBERS.has(name)) return z.coerce.number().safeParse(value).data ?? value;
  return BOOLEANS.has(name) ? value === 'true' || value === '1' : value;
}
