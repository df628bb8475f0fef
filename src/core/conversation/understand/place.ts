/** Cities and districts, from a small list in `place-data.ts`; a district that only one listed city has names its city. */
import { isElsewhere } from './elsewhere.ts';
import { CITIES, OTHER_CITIES, PINYIN_CITIES, PINYIN_DISTRICTS } from './place-data.ts';
import type { Fact } from './fact.ts';
import { blank } from './normalise.ts';
import { matchesOf } from '../../../lib/matches.ts';
import { withoutReplaced } from './retraction.ts';
import { isSomebodyElses } from './somebody-else.ts';

const CITY_NAMES = Object.keys(CITIES).sort((a, b) => b.length - a.length);
const DISTRICT_CITIES = districtIndex();
const DISTRICT_NAMES = [...DISTRICT_CITIES.keys()].sort((a, b) => b.length - a.length);

/** 深圳银行, 南京路, 重庆小面, 上海人, 深圳户口: the word names something else, or where somebody comes from. */
const NOT_A_PLACE_AFTER = '(?!银行|路|街|大道|小面|户口|户籍|人(?!民)|籍|菜|话)';
const NOT_A_PLACE_BEFORE = '(?<!户籍地?|户口在?|老家在?|籍贯|来自|出生于?|毕业于)';
const CITY = new RegExp(`${NOT_A_PLACE_BEFORE}(?<city>${CITY_NAMES.join('|')})市?${NOT_A_PLACE_AFTER}`, 'gu');
const OTHER_CITY = new RegExp(
  `${NOT_A_PLACE_BEFORE}(?:(?<=在|住|居)(?<city>${OTHER_CITIES.join('|')})市?|(?<named>${OTHER_CITIES.join('|')})市)${NOT_A_PLACE_AFTER}`,
  'gu',
);
const DISTRICT = new RegExp(`(?<district>${DISTRICT_NAMES.join('|')})(?:新?区|县)?${NOT_A_PLACE_AFTER}`, 'gu');
const PINYIN = new RegExp(`\\b(?<pinyin>${Object.keys(PINYIN_CITIES).join('|')})\\b`, 'giu');
const PINYIN_DISTRICT = new RegExp(
  `\\b(?<pinyin>${Object.keys(PINYIN_DISTRICTS).join('|')})(?<rank>\\s+district)?\\b`,
  'giu',
);
const HERE = /(?:在|现居|常住|人在|住在?|位于|坐标|城市)[:：\s是]*$/u;

function districtIndex(): ReadonlyMap<string, readonly string[]> {
  const index = new Map<string, string[]>();
  for (const [city, districts] of Object.entries(CITIES)) {
    for (const district of districts.split(' ').filter((name) => name !== '')) {
      index.set(district, [...(index.get(district) ?? []), city]);
    }
  }
  return index;
}

function findCities(text: string): readonly Fact[] {
  const chinese = matchesOf(text, CITY).map((match) => ({
    name: 'city' as const,
    value: match.groups?.['city'] ?? '',
    start: match.index,
    end: match.index + match[0].length,
    confidence: HERE.test(text.slice(0, match.index)) ? 0.95 : 0.85,
  }));
  const pinyin = matchesOf(text, PINYIN).map((match) => ({
    name: 'city' as const,
    value: PINYIN_CITIES[match[0].toLowerCase()] ?? match[0],
    start: match.index,
    end: match.index + match[0].length,
    confidence: 0.9,
  }));
  const others = matchesOf(text, OTHER_CITY).map((match) => ({
    name: 'city' as const,
    value: match.groups?.['city'] ?? match.groups?.['named'] ?? '',
    start: match.index,
    end: match.index + match[0].length,
    confidence: 0.95,
  }));
  return [...chinese, ...others, ...pinyin];
}

interface FoundDistrict {
  readonly district: string;
  readonly start: number;
  readonly end: number;
}

function findDistricts(text: string): readonly FoundDistrict[] {
  return matchesOf(text, DISTRICT).map((match) => ({
    district: match.groups?.['district'] ?? '',
    start: match.index,
    end: match.index + match[0].length,
  }));
}

/** his wife's flat in Nanshan · a house in Nanshan that belongs to his parents */
function isOfRelative(text: string, { start, end }: Span): boolean {
  const house = /\b(?:flat|house|apartment|condo|home|place) in $/iu.exec(text.slice(0, start));
  return isSomebodyElses(text, { start: house?.index ?? start, end }) || isSomebodyElses(text, { start, end });
}

/** Of where he works nobody asked. */
const IN = /\b(?:liv(?:es?|ing)|stay(?:s|ing)?|rent(?:s|ing)?|based|flat|house|apartment|condo|home|place) in $/iu;

/** Nanshan district · Tianhe, Guangzhou · a flat in Futian; by itself such a word may be somebody's name. */
function findPinyinDistricts(text: string, cities: readonly Fact[]): readonly FoundDistrict[] {
  return matchesOf(text, PINYIN_DISTRICT).flatMap(({ index, 0: word, groups = {} }) => {
    const end = index + word.length;
    const isBeside = cities.some((city) => {
      const between = city.start >= end ? text.slice(end, city.start) : text.slice(city.end, index);
      return /^[\s,，]{1,2}$/u.test(between);
    });
    const district = PINYIN_DISTRICTS[groups['pinyin']?.toLowerCase() ?? ''];
    const isIn =
      IN.test(text.slice(Math.max(0, index - 2 * HOUSE_REACH), index)) && !isOfRelative(text, { start: index, end });
    return district !== undefined && (isBeside || isIn || groups['rank'] !== undefined)
      ? [{ district, start: index, end }]
      : [];
  });
}

/** 深圳市福田区: a city with its district and nothing besides is where somebody lives. */
function isAddress(text: string, facts: readonly Fact[]): boolean {
  const [city, district, third] = facts;
  if (!city || !district || third || city.start === district.start) return false;
  return /^[\s,，。.!！\ue000]*$/u.test(blank(text, facts));
}

/** The places a sentence names: cities, and the district within the named (or the only possible) city. */
export function extractPlaces(text: string): readonly Fact[] {
  const found = findCities(text);
  const foundDistricts = [...findDistricts(text), ...findPinyinDistricts(text, found)];
  const names = [...found, ...foundDistricts];
  const all = found.filter((fact) => !isElsewhere(text, wholePlace(text, fact, names)));
  const districts = foundDistricts.filter((fact) => !isElsewhere(text, wholePlace(text, fact, names)));
  const cities = withoutReplaced(text, all, districts);
  const here = cities.filter((fact) => fact.confidence >= 0.95);
  const chosen = here.length === 1 ? here : cities;
  const facts: Fact[] = [...chosen];
  for (const { district, ...span } of withoutReplaced(text, districts)) {
    if (all.some((city) => city.start < span.end && span.start < city.end)) continue;
    const possible = DISTRICT_CITIES.get(district) ?? [];
    const named = chosen.find((city) => possible.includes(String(city.value)));
    if (chosen.length > 0 && !named) continue;
    if (!named && possible.length !== 1) continue;
    facts.push({ name: 'district', value: district, ...span, confidence: named ? 0.95 : 0.85 });
    if (!named) facts.push({ name: 'city', value: possible[0] ?? '', ...span, confidence: 0.85 });
    break;
  }
  if (isAddress(text, facts)) return facts.map((fact) => ({ ...fact, confidence: 0.95 }));
  return facts.map((fact) => (isOfHouse(text, fact) ? { ...fact, confidence: Math.min(fact.confidence, 0.85) } : fact));
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** 深圳南山: names that follow one another are one place, with one thing said of it. */
function wholePlace(text: string, { start, end }: Span, names: readonly Span[]): Span {
  const joins = (a: Span, b: Span): boolean => a.end <= b.start && /^[市的\s]?$/u.test(text.slice(a.end, b.start));
  const before = names.find((other) => other.end <= start && joins(other, { start, end }));
  const after = names.find((other) => joins({ start, end }, other));
  return { start: before?.start ?? start, end: after?.end ?? end };
}

const HOUSE_BEFORE = /(?:房(?:子|产)?|公寓|商铺)[是也都]?在$|\b(?:flat|house|apartment|condo|home) in $/iu;
const HOUSE_AFTER = /^(?:那边|那里|也|还|都)?(?:名下)?(?:[有的][^,，。;；]{0,6}(?:房|公寓|商铺)|[这那]套)/u;
/** No word about the house stands further away. */
const HOUSE_REACH = 12;

/** 在佛山有套房 tells where he lives as long as nothing better is known; it replaces no answer. */
function isOfHouse(text: string, { start, end }: { readonly start: number; readonly end: number }): boolean {
  return (
    HOUSE_BEFORE.test(text.slice(Math.max(0, start - HOUSE_REACH), start)) ||
    HOUSE_AFTER.test(text.slice(end, end + HOUSE_REACH))
  );
}

/** A city typed as an answer: "深圳", "深圳市南山区", "Shenzhen", or any place with its rank (某某县); else `undefined`. */
export function parsePlace(text: string): { readonly city: string; readonly district?: string } | undefined {
  const facts = extractPlaces(text);
  const city = facts.find((fact) => fact.name === 'city')?.value;
  const district = facts.find((fact) => fact.name === 'district')?.value;
  if (typeof city === 'string') return typeof district === 'string' ? { city, district } : { city };
  if (findCities(text).length > 0) return undefined; // 我哥在广州 ends like a place of its own
  const plain = text.trim().replace(/市$/u, '');
  if (OTHER_CITIES.includes(plain)) return { city: plain };
  return /^(?!老家|户口|户籍|籍贯|来自|出生)[\u4e00-\u9fa5]{2,9}[市县区镇州旗盟]$/u.test(text.trim())
    ? { city: text.trim() }
    : undefined;
}

/** A district with the cities it may lie in: the one named with it, else all that have one of that name, none if it is unknown. */
export interface District {
  readonly district: string;
  readonly cities: readonly string[];
  /** The city stands in the text. */
  readonly isCityNamed: boolean;
}

/** A district typed as an answer: "天河", "天河区", "广州天河", "Tianhe", or any place of its rank (某某区). */
export function parseDistrict(text: string): District | undefined {
  const facts = extractPlaces(text);
  const [city, found] = (['city', 'district'] as const).map((name) => facts.find((fact) => fact.name === name));
  if (city && found)
    return { district: String(found.value), cities: [String(city.value)], isCityNamed: city.start !== found.start };
  const plain = text.trim().replace(/[吧呀啊]$/u, '');
  if (findDistricts(plain).some((place) => isElsewhere(plain, place))) return undefined;
  const district = [plain, plain.replace(/(?:新?区|县|市)$/u, '')].find((name) => DISTRICT_CITIES.has(name));
  if (district !== undefined) return { district, cities: DISTRICT_CITIES.get(district) ?? [], isCityNamed: false };
  const isOther = /^[\u4e00-\u9fa5]{2,9}[区县镇乡旗]$/u.test(plain);
  return isOther ? { district: plain, cities: [], isCityNamed: false } : parsePinyinDistrict(plain);
}

/** "Tianhe", "Chaoyang District, Beijing". */
function parsePinyinDistrict(text: string): District | undefined {
  const words = text
    .toLowerCase()
    .replaceAll(/['’]/gu, '')
    .split(/[\s,，]+/u)
    .filter((word) => word !== 'district');
  const [city] = words.flatMap((word) => PINYIN_CITIES[word] ?? []);
  const district = PINYIN_DISTRICTS[words.filter((word) => PINYIN_CITIES[word] === undefined).join('')];
  if (district === undefined) return undefined;
  const possible = DISTRICT_CITIES.get(district) ?? [];
  return city !== undefined && possible.includes(city)
    ? { district, cities: [city], isCityNamed: true }
    : { district, cities: possible, isCityNamed: false };
}

/** Whether a city's districts are known: of the others it cannot be told what lies in them. */
export function hasKnownDistricts(city: string): boolean {
  return (CITIES[city] ?? '') !== '';
}
