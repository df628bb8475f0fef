import { describe, expect, test } from 'vitest';
import {
  cdata,
  parseCallbackXml,
  scanFlatXml,
  withoutControls,
  type XmlFields,
} from '../../../../src/channels/wecom/xml.ts';

function fieldsOf(xml: string): XmlFields {
  const fields = parseCallbackXml(xml);
  if (typeof fields === 'string') throw new Error(fields);
  return fields;
}

describe('flat messages', () => {
  test('ids that look like numbers stay the texts they are', () => {
    const fields = fieldsOf(
      '<xml><FromUserName><![CDATA[00123]]></FromUserName><EventKey><![CDATA[1e5]]></EventKey><MsgId>7469081234567890123</MsgId></xml>',
    );

    expect([...fields]).toEqual([
      ['FromUserName', '00123'],
      ['EventKey', '1e5'],
      ['MsgId', '7469081234567890123'],
    ]);
  });

  test('text keeps its spaces, markup and line breaks', () => {
    expect(
      fieldsOf('<xml><Content><![CDATA[ 0x1F <b>&amp;</b>\n<!DOCTYPE html> 😀 ]]></Content></xml>').get('Content'),
    ).toBe(' 0x1F <b>&amp;</b>\n<!DOCTYPE html> 😀 ');
  });

  test('sections that split a ]]> are joined again', () => {
    expect(fieldsOf('<xml><Content><![CDATA[a]]]]><![CDATA[>b]]></Content></xml>').get('Content')).toBe('a]]>b');
  });

  test('a declaration, line breaks between elements and empty elements are read', () => {
    expect([...fieldsOf('<?xml version="1.0"?>\n<xml>\r\n <A>1</A>\n\t<B></B>\n</xml>\n')]).toEqual([
      ['A', '1'],
      ['B', ''],
    ]);
  });

  test.each([
    '',
    'xml',
    '<xml>',
    '<xml></xml>x',
    '<xml>text</xml>',
    '<xml><A>1</B></xml>',
    '<xml><A>1</A>',
    '<xml><A>1',
    '<xml><A><![CDATA[1</A></xml>',
    '<xml><A b="c">1</A></xml>',
    '<xml><A /></xml>',
    '<xml><>1</></xml>',
    '<xml><1a>1</1a></xml>',
    '<xml><A><!-- c --></A></xml>',
    '<xml><!-- c --><A>1</A></xml>',
    '<xml><?pi?></xml>',
    '<XML><A>1</A></XML>',
    '<a><A>1</A></a>',
    '<xml></xmlx>',
    '</xml>',
  ])('%j is malformed', (xml) => {
    expect(scanFlatXml(xml)).toBe('malformed');
    expect(parseCallbackXml(xml)).toBe('malformed');
  });
});

describe('document types', () => {
  test.each([
    '<!DOCTYPE xml><xml><A>1</A></xml>',
    '<?xml version="1.0"?>\n<!doctype a [<!ENTITY b "c">]><xml><A>1</A></xml>',
    '<xml><!DOCTYPE a><A>1</A></xml>',
    '<xml><A><B>1</B></A><!DOCTYPE a></xml>',
    '<xml><A><B>1</B><!ENTITY c "d"></A></xml>',
  ])('%j is refused as such', (xml) => {
    expect(parseCallbackXml(xml)).toBe('doctype');
  });
});

describe('nested messages', () => {
  test('shortened empty elements are empty texts', () => {
    expect([...fieldsOf('<xml><A>1</A><EventKey/></xml>')]).toEqual([
      ['A', '1'],
      ['EventKey', ''],
    ]);
  });

  test('a single selected item and option are still lists, and all values texts', () => {
    const fields = fieldsOf(
      '<xml><SelectedItems><SelectedItem><QuestionKey><![CDATA[007]]></QuestionKey><OptionIds><OptionId><![CDATA[1e5]]></OptionId></OptionIds></SelectedItem></SelectedItems></xml>',
    );

    expect(fields.get('SelectedItems')).toEqual({
      SelectedItem: [{ QuestionKey: '007', OptionIds: { OptionId: ['1e5'] } }],
    });
  });

  test('an element that repeats becomes a list', () => {
    expect(fieldsOf('<xml><AuthAddOpenKfId>wk1</AuthAddOpenKfId></xml>').get('AuthAddOpenKfId')).toBe('wk1');
    expect(
      fieldsOf('<xml><AuthAddOpenKfId>wk1</AuthAddOpenKfId><AuthAddOpenKfId>wk2</AuthAddOpenKfId></xml>').get(
        'AuthAddOpenKfId',
      ),
    ).toEqual(['wk1', 'wk2']);
  });

  test('a document type inside CDATA is text', () => {
    expect(fieldsOf('<xml><A><B><![CDATA[<!DOCTYPE html>]]></B></A></xml>').get('A')).toEqual({ B: '<!DOCTYPE html>' });
  });

  test.each(['<xml><A><B>1</A></B></xml>', '<xml><A><B></B></A>', '<xml><A><B>1</B></A></xml><xml/>'])(
    '%j is malformed',
    (xml) => {
      expect(parseCallbackXml(xml)).toBe('malformed');
    },
  );
});

describe('what we write', () => {
  test('comes back as it was, without characters XML cannot carry', () => {
    const text = 'a]]>b & <c> 😀 \u0000\u0007\uD800 ]]]]>>';

    expect(fieldsOf(`<xml><A>${cdata(text)}</A></xml>`).get('A')).toBe('a]]>b & <c> 😀  ]]]]>>');
  });

  test('loses control characters and halves of characters, keeps tabs and line breaks', () => {
    expect(withoutControls('a\tb\nc\rd\u0008\u001F\uDC00e😀')).toBe('a\tb\nc\rde😀');
  });
});
