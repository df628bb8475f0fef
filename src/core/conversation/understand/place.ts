/** Cities and districts, from a small list in `place-data.ts`; a district that only one listed city has names its city. */
import { CITIES, OTHER_CITIES, PINYIN_CITIES } from './place-data.ts';
import type { Fact } from './fact.ts';
import { matchesOf } from '../../../lib/matches.ts';

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

/** The places a sentence names: cities, and the district within the named (or the only possible) city. */
export function extractPlaces(text: string): readonly Fact[] {
  const cities = findCities(text);
  const here = cities.filter((fact) => fact.confidence >= 0.95);
  const chosen = here.length === 1 ? here : cities;
  const facts: Fact[] = [...chosen];
  for (const match of matchesOf(text, DISTRICT)) {
    const district = match.groups?.['district'] ?? '';
    const span = { start: match.index, end: match.index + match[0].length };
    if (cities.some((city) => city.start < span.end && span.start < city.end)) continue;
    const possible = DISTRICT_CITIES.get(district) ?? [];
    const named = chosen.find((city) => possible.includes(String(city.value)));
    if (chosen.length > 0 && !named) continue;
    if (!named && possible.length !== 1) continue;
    facts.push({ name: 'district', value: district, ...span, confidence: named ? 0.95 : 0.85 });
    if (!named) facts.push({ name: 'city', value: possible[0] ?? '', ...span, confidence: 0.85 });
    break;
  }
  return facts;
}

/** A city typed as an answer: "深圳", "深圳市南山区", "Shenzhen", or any place with its rank (某某县); else `undefined`. */
export function parsePlace(text: string): { readonly city: string; readonly district?: string } | undefined {
  const facts = extractPlaces(text);
  const city = facts.find((fact) => fact.name === 'city')?.value;
  const district = facts.find((fact) => fact.name === 'district')?.value;
  if (typeof city === 'string') return typeof district === 'string' ? { city, district } : { city };
  const plain = text.trim().replace(/市$/u, '');
  if (OTHER_CITIES.includes(plain)) return { city: plain };
  return /^[\u4e00-\u9fa5]{2,9}[市县区镇州旗盟]$/u.test(text.trim()) ? { city: text.trim() } : undefined;
}
