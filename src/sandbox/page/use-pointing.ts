/** Which phone is in front, which was just pointed at, and what one of the parts wants written into a phone's field. */
import { useState } from 'react';
import type { SlotNumber } from './slots.ts';
import type { PhoneKey } from './types.ts';
import { keyOf } from './use-world.ts';

/** A text for a phone's field. */
interface Draft {
  readonly phone: string;
  readonly text: string;
  /** Grows, so that the same text can be asked for twice. */
  readonly turn: number;
}

/** A phone, where it is to lie, and the message on it that is meant. */
export interface Place {
  readonly slot: SlotNumber;
  readonly phone: PhoneKey;
  readonly message?: string;
}

/** Somebody has pointed at a phone. */
export interface Called {
  readonly slot: SlotNumber;
  /** Grows each time. */
  readonly turn: number;
  /** The message to bring in sight. */
  readonly message: string | undefined;
}

/** What is pointed at, and how to point. */
export interface Pointing {
  readonly front: SlotNumber;
  readonly setFront: (slot: SlotNumber) => void;
  readonly called: Called | undefined;
  readonly draft: Draft | undefined;
  /** Puts the phone into the slot and points at it. */
  readonly show: (place: Place) => void;
  /** The same, with a text in its field. */
  readonly fill: (place: Place, text: string) => void;
}

/** `hand` puts a phone into a place. */
export function usePointing(hand: (slot: SlotNumber, phone: PhoneKey) => void): Pointing {
  const [front, setFront] = useState<SlotNumber>(0);
  const [draft, setDraft] = useState<Draft>();
  const [called, setCalled] = useState<Called>();
  const show = ({ slot, phone, message }: Place) => {
    hand(slot, phone);
    setFront(slot);
    setCalled((old) => ({ slot, turn: (old?.turn ?? 0) + 1, message }));
  };
  const fill = (place: Place, text: string) => {
    show(place);
    setDraft((old) => ({ phone: keyOf(place.phone), text, turn: (old?.turn ?? 0) + 1 }));
  };
  return { front, setFront, called, draft, show, fill };
}
