/** The XML of callbacks: written with CDATA as WeCom does, read without turning texts into numbers. */
import { XMLParser } from 'fast-xml-parser';

/** A text, a bare number, or members of its own. */
type XmlValue = string | number | bigint | XmlFields;
/** Members in order; a repeated name is a list. */
export type XmlFields = readonly (readonly [name: string, value: XmlValue])[];

/** `<xml>…</xml>` on one line; strings in CDATA (`]]>` split), numbers bare. */
export function writeXml(fields: XmlFields, filler = ''): string {
  return `<xml>${fields.map(writeElement).join('')}${filler}</xml>`;
}

function writeElement([name, value]: readonly [string, XmlValue]): string {
  if (typeof value === 'string') return `<${name}><![CDATA[${value.replaceAll(']]>', ']]]]><![CDATA[>')}]]></${name}>`;
  if (typeof value === 'number' || typeof value === 'bigint') return `<${name}>${value}</${name}>`;
  return `<${name}>${value.map(writeElement).join('')}</${name}>`;
}

/** A parsed element: every leaf a string. */
export interface XmlTree {
  readonly [name: string]: string | XmlTree | readonly (string | XmlTree)[] | undefined;
}

/** Elements of a card that stand for a list even when there is one. */
const REPEATED =
  /^(ActionList|HorizontalContentList|JumpList|VerticalContentList|OptionList|ButtonList|SelectList|item)$/;

/** The members below `<xml>`, all values strings; `undefined` when it is not such a document. */
export function readXml(text: string): XmlTree | undefined {
  if (!text.trimStart().startsWith('<xml') || text.includes('<!DOCTYPE')) return undefined;
  const parser = new XMLParser({
    ignoreAttributes: true,
    parseTagValue: false,
    trimValues: true,
    processEntities: true,
    isArray: (name) => REPEATED.test(name),
  });
  try {
    const document: { xml?: unknown } = parser.parse(text, true);
    return isTree(document.xml) ? document.xml : undefined;
  } catch {
    return undefined;
  }
}

function isTree(value: unknown): value is XmlTree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text of a member; empty when it is missing or not a text. */
export function xmlText(tree: XmlTree | undefined, name: string): string {
  const value = tree?.[name];
  return typeof value === 'string' ? value : '';
}

/** A member with members of its own. */
export function xmlTree(tree: XmlTree | undefined, name: string): XmlTree | undefined {
  const value = tree?.[name];
  return isTree(value) ? value : undefined;
}
