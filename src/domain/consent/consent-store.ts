/** Queries of consents and their texts. */
import { statement, type Tx } from '../../db/database.ts';
import { LANGUAGES, type Language, type Texts } from '../../lib/i18n.ts';
import { CONSENT_TEXTS, consentHash, type ConsentKey } from './consent.ts';

/** A text on file, in one language and version. */
export interface ConsentTextRow {
  readonly key: ConsentKey;
  readonly version: number;
  readonly language: string;
  readonly text: string;
  readonly hash: Buffer;
}

/** A consent with the text it was given to. */
export interface ConsentRow {
  readonly id: string;
  readonly text_key: ConsentKey;
  readonly text_version: number;
  readonly language: string;
  readonly text: string;
  readonly text_hash: Buffer;
  readonly via: string;
  readonly granted_at: Date;
  readonly withdrawn_at: Date | null;
}

const ENSURE = statement(
  'consent-texts-ensure',
  'INSERT INTO consent_texts (key, version, language, text, hash) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING',
);
const TEXT = statement(
  'consent-texts-find',
  'SELECT key, version, language, text, hash FROM consent_texts WHERE key = $1 AND version = $2 AND language = $3',
);
const VALID = statement(
  'consents-valid',
  'SELECT text_version, text_hash FROM consents WHERE customer_id = $1 AND text_key = $2 AND withdrawn_at IS NULL',
);
const SUPERSEDE = statement(
  'consents-supersede',
  'UPDATE consents SET withdrawn_at = $4 WHERE customer_id = $1 AND text_key = $2 AND withdrawn_at IS NULL AND text_version < $3',
);
const GRANT = statement(
  'consents-grant',
  `INSERT INTO consents (id, customer_id, text_key, text_version, language, text_hash, identity_id, via, granted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
   ON CONFLICT (customer_id, text_key) WHERE withdrawn_at IS NULL DO NOTHING RETURNING id`,
);
const WITHDRAW = statement(
  'consents-withdraw',
  'UPDATE consents SET withdrawn_at = $3 WHERE customer_id = $1 AND text_key = $2 AND withdrawn_at IS NULL RETURNING id',
);
const GIVEN = statement('consents-given', 'SELECT withdrawn_at FROM consents WHERE customer_id = $1 AND text_key = $2');
const HOLD = statement(
  'consents-hold',
  'SELECT id FROM consents WHERE customer_id = $1 AND text_key = $2 ORDER BY id FOR SHARE',
);
const LIST = statement(
  'consents-list',
  `SELECT c.id, c.text_key, c.text_version, c.language, t.text, c.text_hash, c.via, c.granted_at, c.withdrawn_at
   FROM consents c JOIN consent_texts t ON t.key = c.text_key AND t.version = c.text_version AND t.language = c.language
   WHERE c.customer_id = $1 ORDER BY c.granted_at, c.id`,
);

/**
 * Puts the texts that the flows show on file, each with its hash; repeated calls do nothing. Call at every start.
 * @throws Error when a text differs from the one on file under its version: what people agreed to may not change.
 */
export async function ensureConsentTexts(tx: Tx, texts: Texts): Promise<void> {
  for (const { key, version, textKey } of CONSENT_TEXTS) {
    for (const language of LANGUAGES) {
      const text = texts.translate(language, textKey);
      await tx.query(ENSURE, [key, version, language, text, consentHash(text)]);
      const stored = await findConsentText(tx, key, version, language);
      if (stored && !stored.hash.equals(consentHash(text))) {
        throw new Error(
          `the text ${textKey} (${language}) differs from version ${version} on file; restore it, or publish it as version ${version + 1}`,
        );
      }
    }
  }
}

/** The text on file; `undefined` when it was never put there. */
export async function findConsentText(
  tx: Tx,
  key: ConsentKey,
  version: number,
  language: Language,
): Promise<ConsentTextRow | undefined> {
  return (await tx.query<ConsentTextRow>(TEXT, [key, version, language]))[0];
}

/** Whether the customer has given this consent and not withdrawn it. */
export async function hasConsent(tx: Tx, customerId: string, key: ConsentKey): Promise<boolean> {
  return (await tx.query(VALID, [customerId, key])).length > 0;
}

/** Whether the customer gave this consent once and has taken it back; who was never asked has taken nothing back. */
export async function hasWithdrawn(tx: Tx, customerId: string, key: ConsentKey): Promise<boolean> {
  const given = await tx.query<{ withdrawn_at: Date | null }>(GIVEN, [customerId, key]);
  return given.length > 0 && given.every(({ withdrawn_at: end }) => end !== null);
}

/** As `hasWithdrawn`; a withdrawal that comes at this moment waits for this transaction, and sees what it has done. */
export async function holdConsent(tx: Tx, customerId: string, key: ConsentKey): Promise<boolean> {
  await tx.query(HOLD, [customerId, key]);
  return hasWithdrawn(tx, customerId, key);
}

/** A consent to be recorded. */
export interface ConsentDraft {
  readonly id: string;
  readonly customerId: string;
  readonly text: ConsentTextRow;
  readonly identityId: string;
  readonly via: string;
  readonly now: Date;
}

/** The consent that is valid now: the text's version and hash. */
export interface ValidConsent {
  readonly text_version: number;
  readonly text_hash: Buffer;
}

/** Records a consent and ends one given to an older version. One that is valid already stays: `isNew` is false. */
export async function insertConsent(tx: Tx, draft: ConsentDraft): Promise<ValidConsent & { readonly isNew: boolean }> {
  const { customerId, text, now } = draft;
  await tx.query(SUPERSEDE, [customerId, text.key, text.version, now]);
  const row = [
    draft.id,
    customerId,
    text.key,
    text.version,
    text.language,
    text.hash,
    draft.identityId,
    draft.via,
    now,
  ];
  const added = await tx.query(GRANT, row);
  const [valid] = await tx.query<ValidConsent>(VALID, [customerId, text.key]);
  if (!valid) throw new Error('a consent was neither added nor there');
  return { ...valid, isNew: added.length > 0 };
}

/** Ends a consent; `false` when there was none. */
export async function withdrawConsent(tx: Tx, customerId: string, key: ConsentKey, now: Date): Promise<boolean> {
  return (await tx.query(WITHDRAW, [customerId, key, now])).length > 0;
}

/** Everything the customer ever agreed to, with the texts as they were. */
export async function consentsOf(tx: Tx, customerId: string): Promise<readonly ConsentRow[]> {
  return tx.query<ConsentRow>(LIST, [customerId]);
}
