/** The slots as this browser remembers them. */
import { useCallback, useState } from 'react';
import type { SlotNumber, Slots } from './slots.ts';
import type { PhoneKey, Platform } from './types.ts';

const PLATFORMS: readonly Platform[] = ['wecom', 'slack', 'telegram'];
const STORED = 'daiban.sandbox.phones';
const FIRST: Slots = [
  { platform: 'wecom', id: 'xiaolin' },
  { platform: 'slack', id: 'U0QIAN001' },
  { platform: 'telegram', id: '7000000201' },
];

/** The slots and the way to hand one over; the choice is remembered in this browser. */
export function useSlots(): readonly [Slots, (slot: SlotNumber, phone: PhoneKey) => void] {
  const [slots, setSlots] = useState<Slots>(stored);
  const hand = useCallback((slot: SlotNumber, { platform, id }: PhoneKey) => {
    setSlots((old) => {
      const next: Slots = [pick(0), pick(1), pick(2)];
      localStorage.setItem(STORED, JSON.stringify(next));
      return next;
      function pick(at: SlotNumber): PhoneKey {
        return at === slot ? { platform, id } : old[at];
      }
    });
  }, []);
  return [slots, hand];
}

function stored(): Slots {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(STORED) ?? '');
    const [left, middle, right] = Array.isArray(found) ? found.filter(isKey) : [];
    return left && middle && right ? [left, middle, right] : FIRST;
  } catch {
    return FIRST;
  }
}

function isKey(value: unknown): value is PhoneKey {
  if (typeof value !== 'object' || value === null || !('platform' in value) || !('id' in value)) return false;
  return PLATFORMS.some((platform) => platform === value.platform) && typeof value.id === 'string';
}
