/** One sentence in, facts with provenance out. Deterministic; what is not clear stays out. */
import type { BusinessDate } from '../../../lib/business-date.ts';
import { extractAssets } from './asset.ts';
import { extractDates } from './date.ts';
import type { Fact, FactName, Findings, Problem } from './fact.ts';
import { extractIdentityNumbers } from './identity.ts';
import { extractLicenceName } from './licence.ts';
import { extractMoney } from './money.ts';
import { toHalfWidth } from '../../../lib/mask.ts';
import { extractNegatives } from './negative.ts';
import { blank, toSimplified, withoutNumbering } from './normalise.ts';
import { extractNames } from './person-name.ts';
import { extractPhones } from './phone.ts';
import { extractPlaces } from './place.ts';
import { extractPurpose } from './purpose.ts';
import { withoutTakenBack } from './retraction.ts';
import { extractBusiness, extractDurations } from './term.ts';

/** Longer texts are read up to here; nobody types an application of more than a page. */
export const MAX_TEXT_LENGTH = 2000;

/** A fact the sentence gives twice with different values; the person is asked which one holds. */
export interface Ambiguity {
  readonly name: FactName;
  readonly candidates: readonly Fact[];
}

/** What a sentence says. `facts` has at most one entry per name; what is ambiguous or wrong is not among them. */
export interface Understanding {
  readonly facts: readonly Fact[];
  readonly ambiguous: readonly Ambiguity[];
  readonly problems: readonly Problem[];
}

/** `found` is what the extractors before have read. */
type Extractor = (text: string, today: BusinessDate, found: readonly Fact[]) => Findings;

function factsOnly(extract: (text: string, found: readonly Fact[]) => readonly Fact[]): Extractor {
  return (text, _, found) => ({ facts: extract(text, found), problems: [] });
}

/** In order of strictness: what an earlier one has read, a later one no longer sees. */
const EXTRACTORS: readonly Extractor[] = [
  extractIdentityNumbers,
  extractPhones,
  extractNegatives,
  extractDates,
  extractMoney,
  factsOnly(extractDurations),
];

/** These look at the whole text: their words may stand inside one another (何记图文 begins like a name). */
const WORD_EXTRACTORS: readonly Extractor[] = [
  factsOnly(extractLicenceName),
  factsOnly(extractNames),
  factsOnly(extractPlaces),
  factsOnly(extractPurpose),
];

/** Facts of one sentence about a loan, relative to the business day `today`. */
export function understandLead(text: string, today: BusinessDate): Understanding {
  const written = withoutNumbering(toHalfWidth(text.slice(0, MAX_TEXT_LENGTH)));
  const plain = toSimplified(written);
  let found: Fact[] = [];
  const problems: Problem[] = [];
  let rest = plain;
  for (const extract of [...EXTRACTORS, ...WORD_EXTRACTORS]) {
    const findings = extract(rest, today, found);
    found.push(...findings.facts);
    problems.push(...findings.problems);
    rest = blank(rest, [...findings.facts, ...findings.problems]);
  }
  found.push(...extractAssets(plain), ...extractBusiness(plain));
  if (plain !== written) found = found.map((fact) => asWritten(fact, written));
  return { ...settle(plain, withImpliedFacts(found)), problems };
}

const AS_WRITTEN: ReadonlySet<FactName> = new Set(['name', 'licenceName', 'business']);

/** 陳先生 keeps his own character; only recognising him needs the simplified one. */
function asWritten(fact: Fact, written: string): Fact {
  return AS_WRITTEN.has(fact.name) ? { ...fact, value: written.slice(fact.start, fact.end) } : fact;
}

/** A mortgage payment implies a mortgage; a status implies the asset. */
function withImpliedFacts(facts: readonly Fact[]): readonly Fact[] {
  const payment = facts.find((fact) => fact.name === 'monthlyPayment');
  const status = facts.find((fact) => fact.name === 'houseStatus');
  const house = facts.find((fact) => fact.name === 'house');
  if (payment && house?.value === true && !status) {
    return [...facts, { ...payment, name: 'houseStatus', value: 'mortgage', confidence: 0.8 }];
  }
  return facts;
}

function settle(text: string, found: readonly Fact[]): { facts: readonly Fact[]; ambiguous: readonly Ambiguity[] } {
  const byName = new Map<FactName, Fact[]>();
  for (const fact of found) {
    const same = byName.get(fact.name) ?? [];
    if (!same.some((other) => other.value === fact.value)) byName.set(fact.name, [...same, fact]);
  }
  const facts: Fact[] = [];
  const ambiguous: Ambiguity[] = [];
  for (const [name, all] of byName) {
    const candidates = withoutTakenBack(text, all);
    const [only] = candidates;
    if (candidates.length === 1 && only) facts.push(only);
    else ambiguous.push({ name, candidates });
  }
  return { facts, ambiguous };
}

/** The facts as a plain record of name and value, as operations take them. */
export function factRecord(facts: readonly Fact[]): Readonly<Record<string, string | number | boolean>> {
  return Object.fromEntries(facts.map((fact) => [fact.name, fact.value]));
}
