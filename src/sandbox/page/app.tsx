/** The page: guide, clock, three phones, journal. */
import { useEffect, useMemo, useState } from 'react';
import { api, speak } from './api.ts';
import { ClockBar } from './parts/clock-bar.tsx';
import { Guide } from './parts/guide.tsx';
import { JournalDrawer } from './parts/journal-drawer.tsx';
import { Phone } from './parts/phone.tsx';
import { Switcher } from './parts/switcher.tsx';
import { TopBar } from './parts/top-bar.tsx';
import { phoneForStep, present, SLOT_NUMBERS, type SlotNumber } from './slots.ts';
import type { Language, PhoneKey } from './types.ts';
import { useNotice } from './use-notice.ts';
import { useSlots } from './use-slots.ts';
import { keyOf, useWorld } from './use-world.ts';
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

/** What one of the parts wants written into a phone's field. */
interface Draft {
  readonly phone: string;
  readonly text: string;
  /** Grows, so that the same text can be asked for twice. */
  readonly turn: number;
}

function Table({ onLanguage }: { readonly onLanguage: () => void }) {
  const { say } = useWords();
  const [chosen, hand] = useSlots();
  const [front, setFront] = useState<SlotNumber>(0);
  const [isJournalOpen, setJournalOpen] = useState(false);
  const [draft, setDraft] = useState<Draft>();
  const [called, setCalled] = useState<{ readonly slot: SlotNumber; readonly turn: number }>();
  const { text: notice, tell, act } = useNotice();
  const world = useWorld(chosen);
  const slots = present(chosen, world.phones);
  useEffect(() => {
    for (const slot of SLOT_NUMBERS) if (slots[slot] !== chosen[slot]) hand(slot, slots[slot]);
  });

  const show = (slot: SlotNumber, phone: PhoneKey) => {
    hand(slot, phone);
    setFront(slot);
    setCalled((old) => ({ slot, turn: (old?.turn ?? 0) + 1 }));
  };
  const openLink = (payload: string) => {
    const { slot, phone } = phoneForStep('bind', slots, world.phones);
    show(slot, phone);
    void act(() => api.start(phone, payload));
  };

  return (
    <div className="table">
      <TopBar isOnline={world.isOnline} onLanguage={onLanguage} onJournal={() => setJournalOpen(true)} />
      <Guide
        steps={world.steps}
        onShow={(step) => {
          const { slot, phone } = phoneForStep(step, slots, world.phones);
          show(slot, phone);
        }}
        onFill={(step, text) => {
          const { slot, phone } = phoneForStep(step, slots, world.phones);
          show(slot, phone);
          setDraft((old) => ({ phone: keyOf(phone), text, turn: (old?.turn ?? 0) + 1 }));
        }}
      />
      <ClockBar clock={world.clock} movedFrom={world.movedFrom} onMove={(to) => void act(() => api.moveClock(to))} />
      <main className="phones" data-front={front} aria-busy={world.phones.length === 0}>
        {world.phones.length === 0 && <p className="loading">{say('page.loading')}</p>}
        {world.phones.length > 0 &&
          SLOT_NUMBERS.map((slot) => (
            <Phone
              key={slot}
              isFront={slot === front}
              called={called?.slot === slot ? called.turn : 0}
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
      {isJournalOpen && <JournalDrawer revision={world.phones} onClose={() => setJournalOpen(false)} />}
      <div className="notice" role="status" data-open={notice !== undefined}>
        {notice}
      </div>
    </div>
  );
}
