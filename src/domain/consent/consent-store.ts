/** Queries of consents, refusals and their texts. */
import { statement, type Tx } from '../../db/database.ts';
import { LOCKS } from '../../db/locks.ts';
import { LANGUAGES, type Language, type Texts } from '../../lib/i18n.ts';
import { CONSENT_TEXTS, consentHash, OVERSEAS, type ConsentAnswer, type ConsentKey, type Refusal } from './consent.ts';

/** A text on file, in one language and version. */
export interface ConsentTextRow {
  readonly key: ConsentKey;
  readonly version: number;
  readonly language: string;
  readonly text: string;
  readonly hash: Buffer;
}

/** An answer of the customer, yes or no, with the text it was given to. */
export interface ConsentRow {
  readonly id: string;
  readonly text_key: ConsentKey;
  readonly text_version: number;
  readonly language: string;
  readonly text: string;
  readonly text_hash: Buffer;
  readonly via: string;
  readonly granted_at: Date | null;
  readonly declined_at: Date | null;
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
  'SELECT text_version, text_hash FROM consents WHERE customer_id = $1 AND text_key = $2 AND withdrawn_at IS NULL AND declined_at IS NULL',
);
// One answer is in force at a time: a newer version takes the place of an older one, a yes that of a no and the other way round.
const SUPERSEDE = statement(
  'consents-supersede',
  `UPDATE consents SET withdrawn_at = $4 WHERE customer_id = $1 AND text_key = $2 AND withdrawn_at IS NULL AND (text_version < $3 OR (declined_at IS NULL) <> $5::boolean)`,
);
const RECORD = statement(
  'consents-record',
  `INSERT INTO consents (id, customer_id, text_key, text_version, language, text_hash, identity_id, via, granted_at, declined_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
   ON CONFLICT (customer_id, text_key) WHERE withdrawn_at IS NULL DO NOTHING RETURNING id`,
);
const WITHDRAW = statement(
  'consents-withdraw',
  'UPDATE consents SET withdrawn_at = $3 WHERE customer_id = $1 AND text_key = $2 AND withdrawn_at IS NULL AND declined_at IS NULL RETURNING id',
);
const ANSWER = statement('consents-answer', `SELECT ${answerTo('$1::uuid', '$2')} AS answer`);
// What is done on the ground of a consent, and a no to it, wait for each other. No row is locked: whoever was never asked has none.
const HOLD = statement(
  'consents-hold',
  `SELECT pg_advisory_xact_lock_shared(hashtextextended($1::text || $2::text, ${LOCKS.consent}))`,
);
const END = statement(
  'consents-end',
  `SELECT pg_advisory_xact_lock(hashtextextended($1::text || $2::text, ${LOCKS.consent}))`,
);
const LIST = statement(
  'consents-list',
  `SELECT c.id, c.text_key, c.text_version, c.language, t.text, c.text_hash, c.via, c.granted_at, c.declined_at, c.withdrawn_at
   FROM consents c JOIN consent_texts t ON t.key = c.text_key AND t.version = c.text_version AND t.language = c.language
   WHERE c.customer_id = $1 ORDER BY coalesce(c.granted_at, c.declined_at), c.id`,
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

/** SQL: the customer's `ConsentAnswer` to a text, NULL while he was never asked. Both arguments are SQL; columns name their table. */
export function answerTo(customerId: string, key: string): string {
  return `(SELECT CASE WHEN withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN declined_at IS NOT NULL THEN 'declined' ELSE 'given' END FROM consents
     WHERE customer_id = ${customerId} AND text_key = ${key} ORDER BY withdrawn_at IS NULL DESC LIMIT 1)`;
}

/** SQL: whether an account lies abroad and the customer has not agreed to that: the last of his chats to be chosen. Arguments as in `answerTo`. */
export function lacksBorderConsent(account: string, customerId: string): string {
  const platforms = OVERSEAS.map((platform) => `'${platform}'`).join(', ');
  return `(split_part(${account}, ':', 1) IN (${platforms}) AND ${answerTo(customerId, `'cross-border'`)} IS DISTINCT FROM 'given')`;
}

async function answerOf(tx: Tx, customerId: string, key: ConsentKey): Promise<ConsentAnswer | undefined> {
  const [row] = await tx.query<{ answer: ConsentAnswer | null }>(ANSWER, [customerId, key]);
  return row?.answer ?? undefined;
}

/** Whether the customer has given this consent and not withdrawn it. */
export async function hasConsent(tx: Tx, customerId: string, key: ConsentKey): Promise<boolean> {
  return (await answerOf(tx, customerId, key)) === 'given';
}

/** How the customer has said no to this text, if his last word is a no; who was never asked has refused nothing. */
export async function refusalOf(tx: Tx, customerId: string, key: ConsentKey): Promise<Refusal | undefined> {
  const answer = await answerOf(tx, customerId, key);
  return answer === 'given' ? undefined : answer;
}

/** As `refusalOf`; a no that comes at this moment waits for this transaction, and sees what it has done. */
export async function holdConsent(tx: Tx, customerId: string, key: ConsentKey): Promise<Refusal | undefined> {
  await tx.query(HOLD, [customerId, key]);
  return refusalOf(tx, customerId, key);
}

/** An answer to be recorded. */
export interface AnswerDraft {
  readonly id: string;
  readonly customerId: string;
  readonly text: ConsentTextRow;
  /** The account he answered from; `null` when somebody writes it down for him. */
  readonly identityId: string | null;
  readonly via: string;
  readonly now: Date;
}

/** The consent that is valid now: the text's version and hash. */
export interface ValidConsent {
  readonly text_version: number;
  readonly text_hash: Buffer;
}

/**
 * Records a consent and ends a refusal, or a consent to an older version. One that is valid already stays: `isNew` is false.
 */
export async function insertConsent(tx: Tx, draft: AnswerDraft): Promise<ValidConsent & { readonly isNew: boolean }> {
  const { customerId, text } = draft;
  const kind = await record(tx, draft, 'given');
  const [valid] = await tx.query<ValidConsent>(VALID, [customerId, text.key]);
  if (!valid) throw new Error('a consent was neither added nor there');
  return { ...valid, isNew: kind === 'new' };
}

/** Records a refusal. A consent that is on file is withdrawn by it; one that stands already is `already`. */
export async function insertRefusal(tx: Tx, draft: AnswerDraft): Promise<Refusal | 'already'> {
  if (await withdrawConsent(tx, draft.customerId, draft.text.key, draft.now)) return 'withdrawn';
  return (await record(tx, draft, 'declined')) === 'new' ? 'declined' : 'already';
}

/** The other answer may come at the same moment, on another chat: the later one holds, so what came in between is ended too. */
async function record(tx: Tx, draft: AnswerDraft, answer: 'given' | 'declined'): Promise<'new' | 'already'> {
  const { customerId, text, now } = draft;
  const isGiven = answer === 'given';
  const about = [customerId, text.key, text.version, text.language, text.hash];
  const row = [draft.id, ...about, draft.identityId, draft.via, isGiven ? now : null, isGiven ? null : now];
  for (;;) {
    await tx.query(SUPERSEDE, [customerId, text.key, text.version, now, isGiven]);
    if ((await tx.query(RECORD, row)).length > 0) return 'new';
    if ((await answerOf(tx, customerId, text.key)) === answer) return 'already';
  }
}

/** Ends a consent; `false` when there was none. */
export async function withdrawConsent(tx: Tx, customerId: string, key: ConsentKey, now: Date): Promise<boolean> {
  await tx.query(END, [customerId, key]);
  return (await tx.query(WITHDRAW, [customerId, key, now])).length > 0;
}

/** Everything the customer ever answered, with the texts as they were. */
export async function consentsOf(tx: Tx, customerId: string): Promise<readonly ConsentRow[]> {
  return tx.query<ConsentRow>(LIST, [customerId]);
}
