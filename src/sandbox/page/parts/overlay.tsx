/** What lies over the table while it is open: one thing at a time. */
import type { PhoneKey, PhoneSummary } from '../types.ts';
import { AskCustomer } from './ask-customer.tsx';
import { Help } from './help.tsx';
import { JournalDrawer } from './journal-drawer.tsx';
import { Payment } from './payment.tsx';
import type { Act } from './phone.tsx';

/** Which one; an invitation waits for somebody to say whose it is. */
export type Opened =
  | { readonly what: 'journal' | 'help' | 'payment' }
  | { readonly what: 'invitation'; readonly payload: string };

interface OverlayProps {
  readonly opened: Opened | undefined;
  readonly phones: readonly PhoneSummary[];
  readonly onClose: () => void;
  readonly onInvite: (customer: PhoneKey, payload: string) => void;
  readonly act: Act;
  readonly tell: (text: string) => void;
}

/** What is opened, or nothing. */
export function Overlay({ opened, phones, onClose, onInvite, act, tell }: OverlayProps) {
  switch (opened?.what) {
    case undefined:
      return null;
    case 'journal':
      return <JournalDrawer revision={phones} onClose={onClose} />;
    case 'help':
      return <Help onClose={onClose} />;
    case 'payment':
      return <Payment act={act} tell={tell} onClose={onClose} />;
    case 'invitation': {
      const { payload } = opened;
      return (
        <AskCustomer
          customers={phones.filter(({ role }) => role === 'customer')}
          onChoose={(customer) => onInvite(customer, payload)}
          onClose={onClose}
        />
      );
    }
  }
}
