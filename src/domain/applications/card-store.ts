/** Queries of the cards that approvers hold. */
import { statement, type Tx } from '../../db/database.ts';

/** A card as dealt to one account; `staff_id` is who sits in its seat. */
export interface CardRow {
  readonly id: string;
  readonly approval_id: string;
  readonly task_id: string;
  readonly identity_id: string;
  readonly revision: number;
  readonly state: 'OPEN' | 'CLOSED';
  readonly account: string;
  readonly external_id: string;
  readonly staff_id: string;
  /** The account is still that of whoever sits there. */
  readonly is_his: boolean;
}

const ADD_CARD = statement(
  'cards-insert',
  `INSERT INTO cards (id, approval_id, task_id, identity_id, revision, state, created_at) VALUES ($1, $2, $3, $4, $5, 'OPEN', $6)`,
);
const DEALT = `SELECT c.id, c.approval_id, c.task_id, c.identity_id, c.revision, c.state, i.account, i.external_id, t.staff_id, (i.staff_id IS NOT DISTINCT FROM t.staff_id) AS is_his
   FROM cards c JOIN identities i ON i.id = c.identity_id JOIN approval_tasks t ON t.id = c.task_id`;
const CARDS = statement('cards-of-approval', `${DEALT} WHERE c.approval_id = $1 ORDER BY c.id`);
const CARD = statement('cards-find', `${DEALT} WHERE c.id = $1`);
const CLOSE_CARDS = statement('cards-close', `UPDATE cards SET state = 'CLOSED' WHERE id = ANY($1::text[])`);
const REOPEN_CARD = statement('cards-reopen', `UPDATE cards SET state = 'OPEN' WHERE id = $1`);

/** Adds an open card; the caller sends it. */
export async function insertCard(
  tx: Tx,
  card: {
    readonly id: string;
    readonly approvalId: string;
    readonly taskId: string;
    readonly identityId: string;
    readonly revision: number;
    readonly now: Date;
  },
): Promise<void> {
  await tx.query(ADD_CARD, [card.id, card.approvalId, card.taskId, card.identityId, card.revision, card.now]);
}

/** Every card of an approval, the closed ones among them. */
export async function cardsOf(tx: Tx, approvalId: string): Promise<readonly CardRow[]> {
  return tx.query<CardRow>(CARDS, [approvalId]);
}

/** The card with the id that its buttons carry. */
export async function findCard(tx: Tx, id: string): Promise<CardRow | undefined> {
  return (await tx.query<CardRow>(CARD, [id]))[0];
}

/** Whoever a card was closed for may decide on it again; the caller sends it. */
export async function reopenCard(tx: Tx, id: string): Promise<void> {
  await tx.query(REOPEN_CARD, [id]);
}

/** Marks them as closed; the caller redraws them where they are shown. */
export async function closeCards(tx: Tx, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await tx.query(CLOSE_CARDS, [ids]);
}
