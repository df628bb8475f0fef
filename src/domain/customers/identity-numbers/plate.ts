/**
 * Vehicle plate (GA 36-2018): province, letter, then five characters (ordinary; the last may say what the car is for)
 * or six (new energy: a small car has its letter first, a large one last). I and O are not used in a serial.
 */
import { type NumberCheck, compact, wrong } from './number-check.ts';

const PROVINCES = '京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼';
const ORDINARY = /^[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳使领]$/u;
const SMALL_NEW_ENERGY = /^[A-HJK][A-HJ-NP-Z0-9]\d{4}$/u;
const LARGE_NEW_ENERGY = /^\d{5}[A-HJK]$/u;
// Cars of embassies carry no province, those of consulates no letter.
const EMBASSY = /^(?:使\d{6}|\d{6}使)$/u;
const CONSULATE = /^\d{4,6}领$/u;

/** What a plate tells. */
export interface PlateFacts {
  readonly energy: 'ordinary' | 'newEnergy';
}

/** Checks a plate; blanks and the dot between letter and serial are dropped. */
export function checkPlate(text: string): NumberCheck<PlateFacts> {
  const plate = compact(text, /[\s·•.\-・]/gu);
  if (plate === '') return wrong('empty', plate);
  if (EMBASSY.test(plate)) return right(plate, 'ordinary');
  const characters = Array.from(plate);
  if (PROVINCES.includes(characters[0] ?? ' ') && CONSULATE.test(characters.slice(1).join('')))
    return right(plate, 'ordinary');
  if (characters.length !== 7 && characters.length !== 8) return wrong('length', plate, { length: characters.length });
  if (!PROVINCES.includes(characters[0] ?? ' ')) return wrong('province', plate);
  if (!/^[A-Z]$/u.test(characters[1] ?? '')) return wrong('region', plate);
  const serial = characters.slice(2).join('');
  if (characters.length === 7) return ORDINARY.test(serial) ? right(plate, 'ordinary') : wrong('serial', plate);
  const newEnergy = SMALL_NEW_ENERGY.test(serial) || LARGE_NEW_ENERGY.test(serial);
  return newEnergy ? right(plate, 'newEnergy') : wrong('serial', plate);
}

function right(plate: string, energy: PlateFacts['energy']): NumberCheck<PlateFacts> {
  return { valid: true, severity: 'ok', normalised: plate, energy };
}
