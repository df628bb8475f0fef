/**
 * Reading WeCom's XML. Nearly every callback is a flat list of texts under `<xml>`: a hand scanner reads those (a tenth of
 * the parser's time on the hot path) and is strict where a parser is generous. What is nested goes to fast-xml-parser.
 *
 * All values stay strings: member ids such as `00123` or `1e5` are ids, MsgId exceeds 2^53.
 */
import { XMLParser } from 'fast-xml-parser';

/** A value inside a callback: text, a list of equal elements, or nested elements. */
export type XmlValue = string | readonly XmlValue[] | { readonly [name: string]: XmlValue };

/** The elements directly under `<xml>`. */
export type XmlFields = ReadonlyMap<string, XmlValue>;

/** `nested`: well-formed so far but not flat. `doctype`: a document type, refused outright. */
export type XmlFault = 'nested' | 'malformed' | 'doctype';

const CDATA_START = '<![CDATA[';
const CDATA_END = ']]>';
const ROOT_END = '</xml>';
/** Declaration, then the root; nothing else may stand before it. */
const PROLOGUE = /^\uFEFF?\s*(?:<\?xml [^<>]*\?>\s*)?<xml>/;
const LESS_THAN = 60;
const GREATER_THAN = 62;
const SLASH = 47;

/** Reads a flat document: text or CDATA elements under `<xml>`, each name once, no attributes, comments or entities. */
export function scanFlatXml(xml: string): ReadonlyMap<string, string> | XmlFault {
  const start = rootStart(xml);
  if (start === -1) return looksLikeDoctype(xml) ? 'doctype' : 'malformed';
  const fields = new Map<string, string>();
  let at = skipSpace(xml, start);
  while (xml.charCodeAt(at + 1) !== SLASH) {
    const nameEnd = endOfName(xml, at + 1);
    if (nameEnd === -1 || xml.charCodeAt(at) !== LESS_THAN) return notAnElement(xml.slice(at, at + 80));
    const name = xml.slice(at + 1, nameEnd);
    const element = scanText(xml, nameEnd + 1, name);
    if (typeof element === 'string') return element;
    // A name that repeats is a list, which only the full parser keeps as such.
    if (fields.has(name)) return 'nested';
    fields.set(name, element.text);
    at = skipSpace(xml, element.end);
  }
  return xml.startsWith(ROOT_END, at) && skipSpace(xml, at + ROOT_END.length) === xml.length ? fields : 'malformed';
}

/** Reads any callback message; flat ones fast, the others with every value a string and every known list an array. */
export function parseCallbackXml(xml: string): XmlFields | Exclude<XmlFault, 'nested'> {
  const flat = scanFlatXml(xml);
  return flat === 'nested' ? parseNested(xml) : flat;
}

/** `text` as CDATA; a `]]>` inside is split over two sections, characters XML forbids are dropped. */
export function cdata(text: string): string {
  return `${CDATA_START}${withoutControls(text).replaceAll(CDATA_END, ']]]]><![CDATA[>')}${CDATA_END}`;
}

/** Control characters but tab and line breaks, halves of surrogate pairs, and the two code points that are none. */
const UNWRITABLE = /[^\P{Cc}\t\n\r]|[\p{Surrogate}\uFFFE\uFFFF]/gu;

/** `text` without control characters (tab and line breaks stay) and halves of surrogate pairs. */
export function withoutControls(text: string): string {
  return text.replace(UNWRITABLE, '');
}

function rootStart(xml: string): number {
  // The platform writes no prologue; the expression is for other writers.
  if (xml.startsWith('<xml>')) return 5;
  return PROLOGUE.exec(xml)?.[0].length ?? -1;
}

/** What stands where an element should begin. Other writers than the platform shorten empty elements to `<A/>`. */
function notAnElement(rest: string): XmlFault {
  if (/^<!doctype/i.test(rest)) return 'doctype';
  return /^<[A-Za-z_][\w.-]*\/>/.test(rest) ? 'nested' : 'malformed';
}

function looksLikeDoctype(xml: string): boolean {
  return /^\uFEFF?\s*(?:<\?xml [^<>]*\?>\s*)?<!doctype/i.test(xml);
}

function scanText(xml: string, start: number, name: string): { text: string; end: number } | 'nested' | 'malformed' {
  let text = '';
  let at = start;
  for (;;) {
    const tag = xml.indexOf('<', at);
    if (tag === -1) return 'malformed';
    if (tag > at) text += xml.slice(at, tag);
    if (xml.startsWith(CDATA_START, tag)) {
      const end = xml.indexOf(CDATA_END, tag + CDATA_START.length);
      if (end === -1) return 'malformed';
      text += xml.slice(tag + CDATA_START.length, end);
      at = end + CDATA_END.length;
      continue;
    }
    const end = tag + 2 + name.length;
    if (xml.startsWith('</', tag)) {
      return xml.startsWith(name, tag + 2) && xml[end] === '>' ? { text, end: end + 1 } : 'malformed';
    }
    return isNameStart(xml.charCodeAt(tag + 1)) ? 'nested' : 'malformed';
  }
}

function skipSpace(xml: string, from: number): number {
  let at = from;
  for (;;) {
    const code = xml.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return at;
    at += 1;
  }
}

function isNameStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
}

/** Where the `>` behind the name at `start` stands; -1 when there is no plain name ended by one. */
function endOfName(xml: string, start: number): number {
  if (!isNameStart(xml.charCodeAt(start))) return -1;
  for (let at = start + 1; ; at += 1) {
    const code = xml.charCodeAt(at);
    if (code === GREATER_THAN) return at;
    if (!isNameStart(code) && !(code >= 48 && code <= 57) && code !== 45 && code !== 46) return -1;
  }
}

/** Elements that repeat: a list of one must not look like a single value. */
const LISTS = /(?:^|\.)(?:SelectedItem|OptionId|Details|AuthAddOpenKfId|AuthDelOpenKfId|Item)$/;

const parser = new XMLParser({
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
  isArray: (_name, path) => typeof path === 'string' && LISTS.test(path),
});

function parseNested(xml: string): XmlFields | 'malformed' | 'doctype' {
  if (/<!(?:doctype|entity)/i.test(xml.replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, ''))) return 'doctype';
  try {
    const document: unknown = parser.parse(xml, true);
    const root = isElement(document) ? document['xml'] : undefined;
    return isElement(root) ? new Map(Object.entries(root)) : 'malformed';
  } catch {
    // The parser throws for whatever is not well-formed; the sender learns no more than that.
    return 'malformed';
  }
}

/** With these settings the parser gives strings, arrays and plain objects, nothing else. */
function isElement(value: unknown): value is { readonly [name: string]: XmlValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
