/** The consents the company asks for and the texts they are given to. Pure. */
import { createHash } from 'node:crypto';

/** Handling of personal data (个人信息处理授权), and its transfer abroad (出境同意; Slack and Telegram lie outside the country). */
export const CONSENT_KEYS = ['personal-information', 'cross-border'] as const;
/** One of {@link CONSENT_KEYS}. */
export type ConsentKey = (typeof CONSENT_KEYS)[number];

/**
 * Where each text is shown from, and its version. A changed text is a new version: raise the number here and in the
 * flow that asks; what was agreed to before stays on file as it was.
 */
export const CONSENT_TEXTS: readonly {
  readonly key: ConsentKey;
  readonly version: number;
  readonly textKey: string;
}[] = [
  { key: 'personal-information', version: 1, textKey: 'flows.consent.personal-data' },
  { key: 'cross-border', version: 2, textKey: 'flows.consent.cross-border' },
];

/** The version that is asked for now. */
export function currentVersion(key: ConsentKey): number {
  return Math.max(...CONSENT_TEXTS.filter((text) => text.key === key).map(({ version }) => version));
}

/** How a customer answered a text: agreed, agreed once and took it back, or said no to it from the start. */
export type ConsentAnswer = 'given' | Refusal;
/** Either way his data may not be handled, or not sent abroad, until he agrees (again). */
export type Refusal = 'withdrawn' | 'declined';

/** Platforms that keep their servers abroad (design §12 "Privacy"). */
export const OVERSEAS = ['slack', 'telegram'] as const;

/** Whether an account (`telegram:4242`) lies on such a platform; that of a look-alike does too, though nothing leaves there. */
export function isOverseas(account: string): boolean {
  return OVERSEAS.some((platform) => account.startsWith(`${platform}:`));
}

/** The consent that is meant: by its own key, or by the locale key of the text that was shown. */
export function consentKeyOf(text: string): ConsentKey | undefined {
  return CONSENT_KEYS.find((key) => key === text) ?? CONSENT_TEXTS.find(({ textKey }) => textKey === text)?.key;
}

/** Where the text of a consent is shown from. */
export function textKeyOf(consent: ConsentKey): string {
  return CONSENT_TEXTS.find(({ key }) => key === consent)?.textKey ?? consent;
}

/** What proves which text was agreed to: SHA-256 of its UTF-8 bytes. */
export function consentHash(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
