/**
 * Long fuzz of the contact gate: request bodies, policy and word-list files, texts; and the promise about quiet hours.
 * `npx tsx test/fuzz/gate.ts [seconds]` prints JSON; `npm run fuzz` runs it with the others.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as fc from 'fast-check';
import {
  checkContact,
  checkContactGate,
  gateOf,
  installedPolicySet,
  parsePolicyFile,
  parseWording,
} from '../../src/domain/consent/contact-gate/index.ts';
import { AppError } from '../../src/lib/errors.ts';
import { loadTexts } from '../../src/lib/i18n.ts';
import { hourBy, randomContact, randomFacts, randomFrom } from '../unit/domain/consent/contact-gate/contact-cases.ts';
import { type FuzzTarget, runFromCommandLine } from './target.ts';
import { damaged } from './damage.ts';

const context = { texts: loadTexts(path.resolve(import.meta.dirname, '../../locales')) };
const set = installedPolicySet();
const gate = gateOf(set, 'statutory');
const read = (name: string): string =>
  readFileSync(path.resolve(import.meta.dirname, `../../flows/contact-policy/${name}`), 'utf8');

const member = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    'sms',
    'voice',
    'contact',
    'marketing',
    'UTC',
    '22:00',
    'America/Havana',
    '2026-03-02T10:00:00Z',
    true,
    3,
  ),
);
const body = fc.record(
  {
    at: fc.oneof(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      member,
    ),
    tz: member,
    channel: fc.oneof(fc.constantFrom('sms', 'voice', 'visit'), member),
    purpose: member,
    role: member,
    history: fc.oneof(
      fc.dictionary(fc.constantFrom('effectiveToday', 'textsToday', 'lastTextAt', 'x'), member),
      member,
    ),
    refused: fc.oneof(fc.boolean(), member),
    consent: fc.oneof(fc.boolean(), member),
    text: fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), member),
    params: fc.oneof(fc.dictionary(fc.constantFrom('quietFrom', 'quietTo', 'maxTextsPerDay'), member), member),
  },
  { requiredKeys: [] },
);

/** Everything fuzzed in this room. */
export const gateTargets: readonly FuzzTarget[] = [
  {
    name: 'nothing is allowed in quiet hours',
    property: fc.asyncProperty(fc.nat(), async (seed) => {
      const random = randomFrom(seed);
      const contact = randomContact(random);
      if (checkContact(gate, contact, randomFacts(random, contact.at)).kind === 'deny') return;
      const hour = hourBy(contact.at, contact.zone);
      if (hour >= 22 || hour < 8) throw new Error(JSON.stringify(contact));
    }),
  },
  {
    name: 'post any body',
    property: fc.asyncProperty(body, async (given) => {
      try {
        checkContactGate(given, context);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
      }
    }),
  },
  {
    name: 'damaged policy files',
    property: fc.asyncProperty(damaged(read('statutory.yaml')), async (text) => {
      parsePolicyFile(text);
    }),
  },
  {
    name: 'damaged word lists',
    property: fc.asyncProperty(damaged(read('wording.yaml').slice(0, 3000)), async (text) => {
      parseWording(text);
    }),
  },
  {
    name: 'any text linted',
    property: fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 500 }), async (text) => {
      for (const { start, end } of set.wording.lint(text, { thirdParty: true, marketing: true })) {
        if (start < 0 || end <= start || end > text.length) throw new Error('a finding outside the text');
      }
    }),
  },
];

await runFromCommandLine(import.meta.url, gateTargets);
