/** An interactive card: title, facts, questions, buttons. What was chosen is sent along with the press. */
import { useId, useState } from 'react';
import type { Card, CardButton, CardSelect, Platform } from '../types.ts';
import { useWords } from '../words.tsx';
import { startPayload } from '../links.ts';
import { RichText } from './rich-text.tsx';

/** A card and what becomes of a press: its key, and the answers by the question’s id. */
export interface CardViewProps {
  readonly card: Card;
  readonly platform: Platform;
  readonly onPress: (key: string, selected: Record<string, string>) => void;
  readonly onOpenLink: (payload: string) => void;
}

/** On Telegram, which has no cards, a text with buttons. */
export function CardView({ card, platform, onPress, onOpenLink }: CardViewProps) {
  const [selected, setSelected] = useState<Record<string, string>>({});
  const answers = card.buttons.filter(({ style }) => style !== 'link' && style !== 'menu');
  const rest = card.buttons.filter(({ style }) => style === 'link' || style === 'menu');
  // A platform without cards (Telegram) sends a text with buttons: it is shown as one.
  const isPlain = platform === 'telegram';
  return (
    <div className="card" data-plain={isPlain}>
      <div className="card-face">
        {card.source !== undefined && <p className="card-source">{card.source}</p>}
        {isPlain ? (
          <RichText text={[card.title, card.text].filter(Boolean).join('\n')} onOpenLink={onOpenLink} />
        ) : (
          <>
            <p className="card-title">{card.title}</p>
            {card.subtitle !== undefined && <p className="card-subtitle">{card.subtitle}</p>}
            {card.text !== undefined && (
              <p className="card-text">
                <RichText text={card.text} onOpenLink={onOpenLink} />
              </p>
            )}
          </>
        )}
        {card.fields.length > 0 && (
          <dl>
            {card.fields.map(({ label, value }, at) => (
              <div key={at}>
                <dt>{label}</dt>
                <dd>
                  <RichText text={value} onOpenLink={onOpenLink} />
                </dd>
              </div>
            ))}
          </dl>
        )}
        {card.selects.map((select) => (
          <Question
            key={select.id}
            select={select}
            platform={platform}
            value={selected[select.id]}
            onChange={(value) => setSelected({ ...selected, [select.id]: value })}
          />
        ))}
      </div>
      {answers.length > 0 && (
        <div className="card-buttons" data-count={answers.length}>
          {answers.map((button, at) => (
            <Press
              key={`${at} ${button.key}`}
              button={button}
              onPress={() => onPress(button.key, selected)}
              onOpenLink={onOpenLink}
            />
          ))}
        </div>
      )}
      {rest.length > 0 && (
        <div className="card-links">
          {rest.map((button, at) => (
            <Press
              key={`${at} ${button.key}`}
              button={button}
              onPress={() => onPress(button.key, selected)}
              onOpenLink={onOpenLink}
            />
          ))}
        </div>
      )}
    </div>
  );
}

/** WeCom marks its buttons 1 to 4: blue, grey, red, red text. */
const TONES: Readonly<Record<string, string>> = {
  1: 'primary',
  2: 'plain',
  3: 'danger',
  4: 'danger',
  primary: 'primary',
  danger: 'danger',
};

function Press({
  button,
  onPress,
  onOpenLink,
}: {
  readonly button: CardButton;
  readonly onPress: () => void;
  readonly onOpenLink: (payload: string) => void;
}) {
  const { text, url, style = '', disabled = false } = button;
  const tone = TONES[style] ?? 'plain';
  if (url === undefined) {
    return (
      <button type="button" className="press" data-tone={tone} disabled={disabled} onClick={onPress}>
        {text}
      </button>
    );
  }
  const payload = startPayload(url);
  if (payload !== undefined) {
    return (
      <button type="button" className="press" data-tone={tone} onClick={() => onOpenLink(payload)}>
        {text}
      </button>
    );
  }
  return (
    <a className="press" data-tone={tone} href={url} target="_blank" rel="noopener noreferrer">
      {text} <span aria-hidden="true">↗</span>
    </a>
  );
}

interface QuestionProps {
  readonly select: CardSelect;
  readonly platform: Platform;
  readonly value: string | undefined;
  readonly onChange: (value: string) => void;
}

/** A drop-down, or a field to type into when there is nothing to choose from. WeCom's drop-downs always have a choice. */
function Question({ select, platform, value, onChange }: QuestionProps) {
  const { say } = useWords();
  const id = useId();
  const small = select.error ?? select.hint;
  const described = small === undefined ? {} : { 'aria-describedby': `${id}-small` };
  return (
    <div className="question" data-wrong={select.error !== undefined}>
      <label htmlFor={id}>
        {select.label}
        {select.isOptional === true && <span className="optional">{say('page.phone.optional')}</span>}
      </label>
      {select.options.length === 0 ? (
        <textarea
          id={id}
          rows={3}
          value={value ?? ''}
          {...described}
          onChange={(event) => onChange(event.target.value)}
        />
      ) : (
        <select id={id} value={value ?? ''} {...described} onChange={(event) => onChange(event.target.value)}>
          {platform !== 'wecom' && <option value="">{say('page.phone.choose_option')}</option>}
          {select.options.map((option) => (
            <option key={option.id} value={option.id}>
              {option.text}
            </option>
          ))}
        </select>
      )}
      {small !== undefined && (
        <p id={`${id}-small`} className="small" role={select.error === undefined ? undefined : 'alert'}>
          {small}
        </p>
      )}
    </div>
  );
}
