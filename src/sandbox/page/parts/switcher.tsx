/** On a small screen one phone is in front; these tabs change it. */
import { useRef } from 'react';
import { SLOT_NUMBERS, type SlotNumber, type Slots } from '../slots.ts';
import type { PhoneSummary } from '../types.ts';
import { keyOf } from '../use-world.ts';
import { useWords } from '../words.tsx';

interface SwitcherProps {
  readonly slots: Slots;
  readonly phones: readonly PhoneSummary[];
  readonly front: SlotNumber;
  readonly onFront: (slot: SlotNumber) => void;
}

/** A tab for each place; one with news since it was last in front has a mark. */
export function Switcher({ slots, phones, front, onFront }: SwitcherProps) {
  const { say } = useWords();
  const seen = useRef(new Map<string, number>());
  const shown = phones.find((phone) => keyOf(phone) === keyOf(slots[front]));
  if (shown !== undefined) seen.current.set(keyOf(shown), shown.received);
  return (
    <nav className="switcher" aria-label={say('page.phone.switcher')}>
      {SLOT_NUMBERS.map((slot) => {
        const phone = phones.find((one) => keyOf(one) === keyOf(slots[slot]));
        if (phone === undefined) return null;
        const isNew = slot !== front && phone.received > (seen.current.get(keyOf(phone)) ?? 0);
        return (
          <button
            key={slot}
            type="button"
            aria-pressed={slot === front}
            data-platform={phone.platform}
            onClick={() => onFront(slot)}
          >
            <span className="switcher-name">
              {phone.name}
              {isNew && <span className="dot-new" role="img" aria-label={say('page.phone.new')} />}
            </span>
            <span className="switcher-role">
              <span>{say(`role.${phone.role}`)}</span> <span>{say(`page.platform.${phone.platform}`)}</span>
            </span>
          </button>
        );
      })}
    </nav>
  );
}
