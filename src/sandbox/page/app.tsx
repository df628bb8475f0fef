/** The page: guide, clock, three phones, journal. */
import { useEffect, useMemo, useState } from 'react';
import { api, speak } from './api.ts';
import { invitedCustomer, openInvitation } from './links.ts';
import { ClockBar } from './parts/clock-bar.tsx';
import { Guide } from './parts/guide.tsx';
import { type Opened, Overlay } from './parts/overlay.tsx';
import { type OpenLink, Phone } from './parts/phone.tsx';
import { Switcher } from './parts/switcher.tsx';
import { TopBar } from './parts/top-bar.tsx';
import { phoneForStep, present, SLOT_NUMBERS, type SlotNumber, type Slots } from './slots.ts';
import type { Language, PhoneKey, RoadStepId } from './types.ts';
import { useClockMove } from './use-clock-move.ts';
import { useNotice } from './use-notice.ts';
import { type Place, usePointing } from './use-pointing.ts';
import { useSlots } from './use-slots.ts';
import { keyOf, useWorld, type World } from './use-world.ts';
import { sayFrom, useWords, WordsContext } from './words.tsx';

const STORED_LANGUAGE = 'daiban.sandbox.language';

function firstLanguage(): Language {
  const stored = localStorage.getItem(STORED_LANGUAGE);
  if (stored === 'zh-CN' || stored === 'en') return stored;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}

/** The page with its words loaded. */
export function App() {
  const [language, setLanguage] = useState<Language>(firstLanguage);
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>();
  speak(language);
  useEffect(() => {
    let isCurrent = true;
    const load = () =>
      api.texts(language).then(
        (got) => isCurrent && setTexts(got.texts),
        () => setTimeout(() => void load(), 1_000),
      );
    void load();
    document.documentElement.lang = language;
    localStorage.setItem(STORED_LANGUAGE, language);
    return () => {
      isCurrent = false;
    };
  }, [language]);
  const words = useMemo(() => texts && { language, say: sayFrom(texts) }, [language, texts]);
  useEffect(() => {
    if (words !== undefined) document.title = words.say('page.title');
  }, [words]);
  if (words === undefined) return null;
  const swap = () => setLanguage(language === 'en' ? 'zh-CN' : 'en');
  return (
    <WordsContext value={words}>
      <Table onLanguage={swap} />
    </WordsContext>
  );
}

/** Where the customer's phone lies. */
const CUSTOMER_SLOT: SlotNumber = 2;

function Table({ onLanguage }: { readonly onLanguage: () => void }) {
  const { say } = useWords();
  const [chosen, hand] = useSlots();
  const [opened, setOpened] = useState<Opened>();
  const { text: notice, tell, act } = useNotice(say);
  const world = useWorld(chosen);
  const slots = present(chosen, world.phones);
  useEffect(() => {
    for (const slot of SLOT_NUMBERS) if (slots[slot] !== chosen[slot]) hand(slot, slots[slot]);
  });

  const { front, setFront, called, draft, show, fill } = usePointing(hand);
  const startFor = (phone: PhoneKey, payload: string) => {
    show({ slot: CUSTOMER_SLOT, phone });
    void act(() => api.start(phone, payload));
  };
  const openLink: OpenLink = (payload, messages) => {
    const customer = invitedCustomer(messages, world.phones);
    if (customer === undefined) setOpened({ what: 'invitation', payload });
    else startFor(customer, payload);
  };
  const move = useClockMove({ phones: world.phones, act, tell, refresh: () => world.refresh() });

  return (
    <div className="table">
      <TopBar
        isOnline={world.isOnline}
        onLanguage={onLanguage}
        onJournal={() => setOpened({ what: 'journal' })}
        onHelp={() => setOpened({ what: 'help' })}
      />
      <Guide
        steps={world.steps}
        onShow={(step) => show(placeOf(step, slots, world))}
        onFill={(step, text) => fill(phoneForStep(step, slots, world.phones), text)}
      />
      <ClockBar
        clock={world.clock}
        movedFrom={world.movedFrom}
        onMove={move}
        onPay={() => setOpened({ what: 'payment' })}
      />
      <main className="phones" data-front={front} aria-busy={world.phones.length === 0}>
        {world.phones.length === 0 && <p className="loading">{say('page.loading')}</p>}
        {world.phones.length > 0 &&
          SLOT_NUMBERS.map((slot) => (
            <Phone
              key={slot}
              isFront={slot === front}
              called={called?.slot === slot ? called : undefined}
              phone={slots[slot]}
              phones={world.phones}
              view={world.screens[keyOf(slots[slot])]}
              now={world.clock?.now}
              draft={draft?.phone === keyOf(slots[slot]) ? draft : undefined}
              onHand={(phone) => hand(slot, phone)}
              onOpenLink={openLink}
              act={act}
              tell={tell}
            />
          ))}
      </main>
      <Switcher slots={slots} phones={world.phones} front={front} onFront={setFront} />
      <Overlay
        opened={opened}
        phones={world.phones}
        onClose={() => setOpened(undefined)}
        onInvite={startFor}
        act={act}
        tell={tell}
      />
      <div className="notice" role="status" data-open={notice !== undefined}>
        {notice}
      </div>
    </div>
  );
}

/** Where a step happens. An invitation is opened on the phone that got it, all else on the phone of the step. */
function placeOf(step: RoadStepId, slots: Slots, { phones, screens }: World): Place {
  const [seller] = slots;
  const talks = Object.values(screens).map(({ messages }) => messages);
  const invitation = step === 'bind' ? openInvitation(screens[keyOf(seller)]?.messages ?? [], talks) : undefined;
  return invitation === undefined ? phoneForStep(step, slots, phones) : { slot: 0, phone: seller, ...invitation };
}
