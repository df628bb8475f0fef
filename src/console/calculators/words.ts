/** The page's words: every visible text comes from the server's locales, none stands in the code. */
import { createContext, useContext } from 'react';
import type { Language } from './language.ts';

/** Looks a text up and fills in its blanks. */
type Say = (key: string, blanks?: Readonly<Record<string, string | number>>) => string;

/** The words of one language. */
export interface Words {
  readonly language: Language;
  readonly say: Say;
  /** Whether there is such a text. */
  readonly has: (key: string) => boolean;
}

/** Before the words have come: a key shows as itself. */
export const NO_WORDS: Words = { language: 'zh-CN', say: (key) => key, has: () => false };
/** Carries the words to every part; read by `useWords`. */
export const WordsContext = createContext<Words>(NO_WORDS);

/** The words in force. */
export function useWords(): Words {
  return useContext(WordsContext);
}

/** Words over a language's messages; keys may leave out `calculators-page.`. */
export function wordsOf(language: Language, messages: Readonly<Record<string, string>>): Words {
  const find = (key: string): string | undefined => messages[`calculators-page.${key}`] ?? messages[key];
  return {
    language,
    has: (key) => find(key) !== undefined,
    say: (key, blanks = {}) =>
      (find(key) ?? key).replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(blanks[name] ?? whole)),
  };
}

const KEPT = 'daiban.calculators.language';

/** The language last chosen, else the browser's. */
export function firstLanguage(): Language {
  const kept = sessionStorage.getItem(KEPT);
  if (kept === 'en' || kept === 'zh-CN') return kept;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}

/** Remembers the choice as long as the tab lives. */
export function keepLanguage(language: Language): void {
  sessionStorage.setItem(KEPT, language);
}
