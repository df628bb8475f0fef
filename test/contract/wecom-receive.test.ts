/** Whatever arrives at the callback page, the answer is an event, a refusal with a reason, or nothing: never a crash. */
import { XMLParser } from 'fast-xml-parser';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCallbackXml, scanFlatXml } from '../../src/channels/wecom/xml.ts';
import { aChannel, aMessage, aPush, NOW } from '../fixtures/wecom/platform.ts';

const SEED = 20260801;
const channel = aChannel();

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,12}$/);
const plainText = fc.string({
  unit: fc.constantFrom('a', '0', ' ', '\n', '中', '😀', '&', '&amp;', '>', ']', '"'),
  maxLength: 12,
});
const cdataText = fc
  .string({ unit: fc.constantFrom('a', '<', '>', ' ', '中', '😀', '&', '</A>', '<!DOCTYPE', ']'), maxLength: 12 })
  .filter((text) => !text.includes(']]>') && !text.endsWith(']'));
const value = fc.oneof(
  plainText,
  cdataText.map((text) => `<![CDATA[${text}]]>`),
  fc.tuple(cdataText, cdataText).map(([a, b]) => `<![CDATA[${a}]]><![CDATA[${b}]]>`),
);
const flatDocument = fc
  .uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 8 })
  .map((entries) => `<xml>${entries.map(([key, text]) => `<${key}>${text}</${key}>`).join('')}</xml>`);

/** Documents that are nearly right: pieces of XML in any order. */
const pieces = fc
  .array(
    fc.constantFrom(
      '<xml>',
      '</xml>',
      '<A>',
      '</A>',
      '<B>',
      '</B>',
      '<A/>',
      '<![CDATA[',
      ']]>',
      '<!DOCTYPE a>',
      '<!--',
      '-->',
      '<?x?>',
      'text',
      ' ',
      '\n',
      '<',
      '>',
      '&',
      '\u0000',
      '中',
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(''));

describe('the scanner of flat messages', () => {
  test('reads every flat document as the full parser does', () => {
    const reference = new XMLParser({ parseTagValue: false, trimValues: false, processEntities: false });
    fc.assert(
      fc.property(flatDocument, (document) => {
        const fields = scanFlatXml(document);
        const parsed = (reference.parse(document) as { xml: Record<string, string> | string }).xml;
        expect(typeof fields === 'string' ? fields : Object.fromEntries(fields)).toEqual(parsed === '' ? {} : parsed);
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  test('answers anything with fields or a reason, and takes nothing the full parser would refuse', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          pieces,
          pieces.map((text) => `<xml>${text}</xml>`),
          fc.string({ unit: 'binary' }),
        ),
        (document) => {
          const fields = parseCallbackXml(document);
          if (typeof fields === 'string') expect(['malformed', 'doctype']).toContain(fields);
          else expect(document).toMatch(/<xml>[\s\S]*<\/xml>\s*$/);
        },
      ),
      { seed: SEED, numRuns: 5000 },
    );
  });
});

describe('the callback page', () => {
  const outcome = async (request: Parameters<typeof channel.receive>[0]): Promise<string> => {
    const result = await channel.receive(request, NOW);
    if ('refused' in result) {
      expect(result.status).toBeGreaterThanOrEqual(400);
      expect(result.reason).toMatch(/^[a-z_]+$/);
      return result.reason;
    }
    const answer = result.answer({ kind: 'text', text: 'ok' });
    expect(answer.status).toBe(200);
    return `${result.events.length} events`;
  };

  test('refuses every request that nobody signed', async () => {
    const anything = fc.record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'HEAD', ''),
      url: fc.oneof(
        fc.webPath(),
        fc.webUrl({ withQueryParameters: true }),
        fc
          .string({ unit: 'binary' })
          .map((text) => `/?msg_signature=${text}&timestamp=1735693261&nonce=%&echostr=${text}`),
      ),
      headers: fc.constant({}),
      body: fc
        .oneof(
          fc.uint8Array({ maxLength: 200 }),
          pieces.map((text) => Buffer.from(text)),
        )
        .map((bytes) => Buffer.from(bytes)),
    });
    await fc.assert(
      fc.asyncProperty(anything, async (request) => {
        expect(await outcome(request)).not.toContain('events');
      }),
      { seed: SEED, numRuns: 1500 },
    );
  });

  test('takes or refuses whatever stands in a signed message', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(pieces, flatDocument, fc.string({ unit: 'binary' })), async (message) => {
        await outcome(aPush(message));
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  test('gives one event for every well-formed message of a member, whatever its fields hold', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 }).map((s) => s.replaceAll(/\p{Cc}|\]\]>/gu, ''));
    const fields = fc.record(
      {
        MsgType: fc.constantFrom('text', 'image', 'voice', 'video', 'location', 'link', 'event', 'hologram'),
        Event: fc.constantFrom(
          'subscribe',
          'enter_agent',
          'click',
          'template_card_event',
          'view',
          '__proto__',
          'constructor',
        ),
        EventKey: fc.oneof(text, fc.constant('k3m9abcd:2:approve'), fc.constant('__proto__:1:x')),
        Content: text,
        MediaId: text,
        MsgId: fc.bigInt({ min: 0n, max: 2n ** 63n }).map(String),
        ResponseCode: text,
        SelectedItems: fc.constantFrom(
          '<SelectedItem></SelectedItem>',
          '<SelectedItem><QuestionKey>__proto__</QuestionKey><OptionIds><OptionId>a</OptionId></OptionIds></SelectedItem>',
          '<OptionId>1</OptionId>',
        ),
      },
      { requiredKeys: ['MsgType', 'MsgId'] },
    );
    await fc.assert(
      fc.asyncProperty(fields, async (given) => {
        expect(await outcome(aPush(aMessage(given)))).toBe('1 events');
      }),
      { seed: SEED, numRuns: 1000 },
    );
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });

  test('keeps one redelivery key for one message, however often it is sealed anew', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), async (a, b) => {
        const message = aMessage({ MsgType: 'event', Event: 'enter_agent', EventKey: '', FromUserName: `m${a % 3}` });
        const keys = await Promise.all(
          [a, b].map(async (nonce) => channel.receive(aPush(message, { nonce: String(nonce) }), NOW)),
        );
        const [first, second] = keys.map((result) =>
          'refused' in result ? result.reason : result.events[0]?.deliveryKeys,
        );
        expect(first).toEqual(second);
      }),
      { seed: SEED, numRuns: 50 },
    );
  });
});
