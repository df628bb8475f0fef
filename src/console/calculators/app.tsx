/** The whole page: words, token, form, result. */
import { useCallback, useEffect, useState, type JSX } from 'react';
import { fetchMessages, fetchSettings, type Caller } from './api.ts';
import { useCalculation } from './calculation.ts';
import { Form } from './parts/form.tsx';
import { Result } from './parts/result.tsx';
import { TokenPanel } from './parts/token-panel.tsx';
import { firstTyped } from './terms.ts';
import type { Language } from './language.ts';
import { firstLanguage, keepLanguage, NO_WORDS, WordsContext, wordsOf, type Words } from './words.ts';

const TOKEN = 'daiban.calculators.token';

/** The page; nothing is shown before its words and settings are there. */
export function App(): JSX.Element | null {
  const [words, setWords] = useWordsOf(firstLanguage());
  const [isOpen, setOpen] = useState<boolean>();
  const [token, setToken] = useState(() => sessionStorage.getItem(TOKEN) ?? undefined);
  const [typed, setTyped] = useState(() => firstTyped(today()));
  const { calculated, trouble, isBusy, calculate } = useCalculation();

  useEffect(() => {
    void fetchSettings().then((settings) => setOpen(settings.isOpen));
  }, []);
  const caller: Caller | undefined =
    isOpen === true
      ? { language: words.language, token: undefined }
      : token === undefined
        ? undefined
        : { language: words.language, token };
  const mayAsk = caller !== undefined && words !== NO_WORDS;
  // The page opens with a result; another token or language repeats it, so that its sentences change too.
  useEffect(() => {
    if (mayAsk) void calculate(caller, typed);
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- typing must not calculate; the button does
  }, [mayAsk, token, words.language]);

  if (words === NO_WORDS || isOpen === undefined) return null;
  const enter = (entered: string | undefined): void => {
    if (entered === undefined) sessionStorage.removeItem(TOKEN);
    else sessionStorage.setItem(TOKEN, entered);
    setToken(entered);
  };
  const isRefused = trouble?.faults.length === 0 && trouble.sentence === 'token';
  return (
    <WordsContext value={words}>
      <Header
        onLanguage={(language) => void setWords(language)}
        onForget={isOpen || token === undefined ? undefined : () => enter(undefined)}
      />
      <main>
        {caller === undefined || isRefused ? (
          <TokenPanel isRefused={isRefused} onToken={enter} />
        ) : (
          <div className="columns">
            <Form
              typed={typed}
              faults={trouble?.faults ?? []}
              isBusy={isBusy}
              onType={setTyped}
              onSubmit={() => void calculate(caller, typed)}
            />
            <Result calculated={calculated} trouble={trouble} />
          </div>
        )}
      </main>
    </WordsContext>
  );
}

function Header({
  onLanguage,
  onForget,
}: {
  readonly onLanguage: (language: Language) => void;
  readonly onForget: (() => void) | undefined;
}): JSX.Element {
  return (
    <WordsContext.Consumer>
      {({ language, say }) => (
        <header>
          <div>
            <h1>{say('title')}</h1>
            <p className="intro">{say('intro')}</p>
          </div>
          <div className="tools">
            {onForget && (
              <button type="button" className="plain" onClick={onForget}>
                {say('token.forget')}
              </button>
            )}
            <button
              type="button"
              className="plain"
              lang={language === 'en' ? 'zh-CN' : 'en'}
              onClick={() => onLanguage(language === 'en' ? 'zh-CN' : 'en')}
            >
              {say('other_language')}
            </button>
          </div>
        </header>
      )}
    </WordsContext.Consumer>
  );
}

function useWordsOf(first: Language): readonly [Words, (language: Language) => Promise<void>] {
  const [words, setWords] = useState(NO_WORDS);
  const load = useCallback(async (language: Language): Promise<void> => {
    const loaded = wordsOf(language, await fetchMessages(language));
    document.documentElement.lang = language;
    document.title = loaded.say('document_title');
    keepLanguage(language);
    setWords(loaded);
  }, []);
  useEffect(() => {
    void load(first);
  }, [load, first]);
  return [words, load];
}

/** Today where the reader sits. */
function today(): string {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
}
