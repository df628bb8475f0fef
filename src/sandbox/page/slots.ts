/** The three phones on the table: who sells, who decides, who borrows. Each may be handed to anybody. */
import type { PhoneKey, PhoneSummary, RoadStepId } from './types.ts';

/** Whose phone lies in each of the three places. */
export type Slots = readonly [PhoneKey, PhoneKey, PhoneKey];
/** A place on the table, from the left. */
export type SlotNumber = 0 | 1 | 2;
export const SLOT_NUMBERS: readonly SlotNumber[] = [0, 1, 2];

/** Phones that are there, in the place of those that are not (another company, a platform that is real). */
export function present(slots: Slots, phones: readonly PhoneSummary[]): Slots {
  const has = ({ platform, id }: PhoneKey) => phones.some((one) => one.platform === platform && one.id === id);
  if (phones.length === 0 || slots.every(has)) return slots;
  const instead = (slot: SlotNumber, isFit: (one: PhoneSummary) => boolean): PhoneKey =>
    has(slots[slot]) ? slots[slot] : (phones.find(isFit) ?? phones[0] ?? slots[slot]);
  return [
    instead(0, ({ role }) => role === 'sales'),
    instead(1, ({ role }) => role === 'reviewer' || role === 'approver'),
    instead(2, ({ role }) => role === 'customer'),
  ];
}

/** The phone on which the next step of the road happens, and where it lies. */
export function phoneForStep(
  step: RoadStepId,
  slots: Slots,
  phones: readonly PhoneSummary[],
): { slot: SlotNumber; phone: PhoneKey } {
  switch (step) {
    case 'lead':
    case 'invite':
    case 'submit':
      return { slot: 0, phone: suited(slots[0], phones, (one) => one.role === 'sales') };
    case 'review':
      return { slot: 1, phone: waiting(slots[1], phones, 'reviewer') };
    case 'approve':
      return { slot: 1, phone: waiting(slots[1], phones, 'approver') };
    case 'bind':
    case 'documents':
    case 'reminder':
      return { slot: 2, phone: suited(slots[2], phones, (one) => one.role === 'customer') };
    default:
      return { slot: 0, phone: slots[0] };
  }
}

/** The one in hand if it fits, else the first that does. */
function suited(current: PhoneKey, phones: readonly PhoneSummary[], isFit: (one: PhoneSummary) => boolean): PhoneKey {
  const fitting = phones.filter(isFit);
  return fitting.find((one) => one.platform === current.platform && one.id === current.id) ?? fitting[0] ?? current;
}

/**
 * Somebody of the role with a card to decide. Slack first, because the other two phones show the other platforms; not who
 * has just decided on the phone in hand: his cards elsewhere are about to change.
 */
function waiting(current: PhoneKey, phones: readonly PhoneSummary[], role: PhoneSummary['role']): PhoneKey {
  const inHand = phones.find((one) => one.platform === current.platform && one.id === current.id);
  const isOpen = (one: PhoneSummary) =>
    one.role === role && one.waiting > 0 && (one.name !== inHand?.name || inHand.waiting > 0);
  const open = phones
    .filter(isOpen)
    .toSorted((a, b) => Number(b.platform === 'slack') - Number(a.platform === 'slack'));
  return suited(current, open, () => true);
}
