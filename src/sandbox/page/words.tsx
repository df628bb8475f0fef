/** The page's words: every visible text comes from the server's locales, none stands in the code. */
import { createContext, useContext } from 'react';
import type { Language } from './types.ts';

/** Looks a text up and fills in its blanks. */
export type Say = (key: string, blanks?: Readonly<Record<string, string | number>>) => string;

/** The words of one language. */
export interface Words {
  readonly language: Language;
  readonly say: Say;
}

/** A `Say` over a language's texts; an unknown key shows as itself. */
export function sayFrom(texts: Readonly<Record<string, string>>): Say {
  return (key, blanks = {}) =>
    (texts[key] ?? key).replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(blanks[name] ?? whole));
}

/** Carries the words to every part; read by `useWords`. */
export const WordsContext = createContext<Words>({ language: 'zh-CN', say: (key) => key });

/** The words in force. */
export function useWords(): Words {
  return useContext(WordsContext);
}
