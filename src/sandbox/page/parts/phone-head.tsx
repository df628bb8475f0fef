/** The phone's title bar: whose phone, on which platform, and a way to hand it to somebody else. */
import { useId } from 'react';
import type { PhoneKey, PhoneSummary, PhoneView, Platform } from '../types.ts';
import { keyOf } from '../use-world.ts';
import { useWords } from '../words.tsx';

const PLATFORMS: readonly Platform[] = ['wecom', 'slack', 'telegram'];

/** The character of a name that tells people apart: 小林 → 林, 何女士 → 何, 阿May → M. */
export function initial(name: string): string {
  return name.replace(/^[小老阿](?=.)/, '').slice(0, 1);
}

interface PhoneHeadProps {
  readonly phone: PhoneKey;
  readonly phones: readonly PhoneSummary[];
  readonly view: PhoneView | undefined;
  readonly onHand: (phone: PhoneKey) => void;
  readonly onBlock: (isBlocked: boolean) => void;
}

/** `onHand` hands the phone to another owner, `onBlock` lets its owner shut the bot out. */
export function PhoneHead({ phone, phones, view, onHand, onBlock }: PhoneHeadProps) {
  const { say } = useWords();
  const select = useId();
  const owner = phones.find((one) => keyOf(one) === keyOf(phone));
  return (
    <div className="phone-head">
      <span className="avatar" aria-hidden="true" data-role={owner?.role}>
        {owner === undefined ? '' : initial(owner.name)}
      </span>
      <span className="owner" aria-hidden="true">
        <span className="owner-name">
          {owner?.name}
          <svg viewBox="0 0 12 8">
            <path d="M2 2l4 4 4-4" />
          </svg>
        </span>
        <span className="owner-role">
          {owner !== undefined && `${say(`role.${owner.role}`)} · ${say(`page.platform.${owner.platform}`)}`}
        </span>
      </span>
      <label className="unseen" htmlFor={select}>
        {say('page.phone.choose')}
      </label>
      <select
        id={select}
        className="owner-select"
        value={keyOf(phone)}
        onChange={(event) => {
          const chosen = phones.find((one) => keyOf(one) === event.target.value);
          if (chosen !== undefined) onHand(chosen);
        }}
      >
        {PLATFORMS.map((platform) => (
          <optgroup key={platform} label={say(`page.platform.${platform}`)}>
            {phones
              .filter((one) => one.platform === platform)
              .map((one) => (
                <option key={keyOf(one)} value={keyOf(one)}>
                  {say('page.phone.option', { name: one.name, role: say(`role.${one.role}`) })}
                  {one.waiting > 0 ? ` · ${say('page.phone.waiting')} ${one.waiting}` : ''}
                </option>
              ))}
          </optgroup>
        ))}
      </select>
      {view?.abilities.contact === true && (
        <button type="button" className="head-button" onClick={() => onBlock(!view.blocked)}>
          {say(view.blocked ? 'page.phone.unblock' : 'page.phone.block')}
        </button>
      )}
    </div>
  );
}
