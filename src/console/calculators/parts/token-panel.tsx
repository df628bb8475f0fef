/** Asks for an API token outside the sandbox; it stays in this tab and goes nowhere but to our own server. */
import { useState, type JSX } from 'react';
import { useWords } from '../words.ts';

interface TokenPanelProps {
  readonly isRefused: boolean;
  readonly onToken: (token: string) => void;
}

/** `isRefused`: the server did not take the last one. */
export function TokenPanel({ isRefused, onToken }: TokenPanelProps): JSX.Element {
  const { say } = useWords();
  const [text, setText] = useState('');
  return (
    <form
      className="card token"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== '') onToken(text.trim());
      }}
    >
      <h2>{say('token.title')}</h2>
      <p>{say('token.why')}</p>
      <label htmlFor="token">{say('token.label')}</label>
      <input
        id="token"
        type="password"
        autoComplete="off"
        required
        value={text}
        aria-invalid={isRefused}
        aria-describedby={isRefused ? 'token-fault' : undefined}
        onChange={(event) => setText(event.target.value)}
      />
      {isRefused && (
        <p className="fault" id="token-fault" role="alert">
          {say('token.refused')}
        </p>
      )}
      <button type="submit">{say('token.enter')}</button>
    </form>
  );
}
