/** Brand, connection, help, journal, language. */
import { useWords } from '../words.tsx';

interface TopBarProps {
  readonly isOnline: boolean;
  readonly onLanguage: () => void;
  readonly onJournal: () => void;
  readonly onHelp: () => void;
}

/** Without `isOnline` it says that the server does not answer. */
export function TopBar({ isOnline, onLanguage, onJournal, onHelp }: TopBarProps) {
  const { say } = useWords();
  return (
    <header className="top">
      <svg className="logo" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="9" />
        <path d="M9 21l5-6 4 3 5-8" />
      </svg>
      <h1>
        {say('page.brand')} <span className="wide">· </span>
        {say('page.sandbox')}
      </h1>
      <p className="tagline">{say('page.tagline')}</p>
      {!isOnline && (
        <p className="offline" role="alert">
          {say('page.offline')}
        </p>
      )}
      <button type="button" className="quiet" onClick={onHelp}>
        {say('page.help.open')}
      </button>
      <button type="button" className="quiet" onClick={onJournal}>
        {say('page.journal.open')}
      </button>
      <button
        type="button"
        className="quiet"
        title={say('page.language_label')}
        lang={say('page.language') === 'English' ? 'en' : 'zh-CN'}
        onClick={onLanguage}
      >
        {say('page.language')}
      </button>
    </header>
  );
}
