/** A district and its city: one that lies elsewhere brings its city along, so that the two never contradict one another. */
import { writeAbove } from './slots.ts';
import type { Frame } from './state.ts';
import type { Turn } from './turn.ts';
import { hasKnownDistricts, parseAnswer, parseDistrict, type FactValue } from './understand/index.ts';

/** What was read, or what is wrong with it; `city`: the one that has to change with it. */
export type DistrictRead = { readonly value: FactValue; readonly city?: string } | { readonly problem: string };

/** Reads the answer for a district in a form that may know the city already. */
export function readDistrict(turn: Turn, frame: Frame, text: string): DistrictRead {
  const parsed = parseAnswer('district', text, turn.tools.today);
  const found = parseDistrict(text);
  if ('problem' in parsed || !found) return parsed;
  const present = frame.slots[turn.flowOf(frame).slotOfFact.get('city') ?? '']?.value;
  const { cities, isCityNamed } = found;
  const isUnknown = present !== undefined && !isCityNamed && !hasKnownDistricts(String(present));
  if (isUnknown || cities.length === 0 || cities.some((city) => city === present)) return parsed;
  const [city] = cities;
  return cities.length > 1 || city === undefined ? { problem: 'district_city' } : { ...parsed, city };
}

/** Writes the city that came with a district; the district stays to be replaced. */
export function writeCityOf(turn: Turn, district: string, city: string | undefined): void {
  const slot = turn.top && turn.flowOf(turn.top).slotOfFact.get('city');
  if (slot !== undefined && city !== undefined)
    writeAbove(turn, slot, { value: city, from: 'asked' }, new Set([district]));
}
