/** The cards of an approval at those who decide: dealt, sent again, redrawn. All of it goes through the outbox. */
import type { Card } from '../../channels/card.ts';
import { REASONS } from '../../core/approval/index.ts';
import type { Ctx } from '../../core/operations/context.ts';
import type { MessageDraft } from '../../core/operations/effects.ts';
import { isLanguage, type Language, type Text } from '../../lib/i18n.ts';
import { newToken } from '../../lib/ids.ts';
import { maskText } from '../../lib/mask.ts';
import { textParam, withTexts, type TextParam } from '../../lib/text-params.ts';
import { hidingNames } from '../customers/index.ts';
import { findStaff, identitiesOfStaff } from '../staff/index.ts';
import { approvalCard, type CardOptions } from './approval-card.ts';
import { findApplication, type ApprovalRow, type TaskRow } from './application-store.ts';
import { cardsOf, closeCards, insertCard, reopenCard, type CardRow } from './card-store.ts';
import { openSnapshotOfMany, type Snapshot } from './snapshot.ts';

/** A pressed card and the platform's own handle of the press. */
export interface Tap {
  readonly cardId: string;
  readonly handle: Readonly<Record<string, string>>;
}

/** What the cards of an approval show after something was decided. */
export interface Redraw {
  /** Whose decision it is; several who signed it, in their order. */
  readonly by: string | readonly string[];
  readonly outcome: string;
  /** As others may read it. */
  readonly reason: string | TextParam | undefined;
  /** Only this task's cards; all of the approval otherwise. */
  readonly only?: string;
  /** Set while others still have to decide: how many. The cards are redrawn once more when all is decided. */
  readonly left?: number;
  /** The press that decided it, if it was one: the platform locks that very card. */
  readonly tap: Tap | undefined;
}

/**
 * A card on each account of whoever sits there that has none, or one that was closed. With `isAgain` every account gets it once
 * more: that a card was dealt does not say that it arrived. How many went out.
 */
export async function dealCards(
  ctx: Ctx,
  approval: ApprovalRow,
  snapshot: Snapshot,
  task: Pick<TaskRow, 'id' | 'staff_id'> & { readonly isAgain?: boolean },
): Promise<number> {
  const language = await languageOf(ctx, task.staff_id);
  const draw = (options: CardOptions): Card => approvalCard(ctx, language, snapshot, options);
  const dealt = (await cardsOf(ctx.tx, approval.id)).filter((card) => card.task_id === task.id);
  let sent = 0;
  for (const identity of await identitiesOfStaff(ctx.tx, task.staff_id)) {
    const before = dealt.find((card) => card.identity_id === identity.id);
    if (before?.state === 'CLOSED') await reopenCard(ctx.tx, before.id);
    if (before?.state === 'OPEN' && task.isAgain !== true) continue;
    const place = { approvalId: approval.id, taskId: task.id, identityId: identity.id };
    const { id, revision } = before ?? { id: newToken(16), revision: approval.revision };
    if (!before) await insertCard(ctx.tx, { id, revision, ...place, now: ctx.now });
    if (before?.state === 'OPEN') {
      // What stands there already must not be pressed beside the newer one, and keeps no buttons when that is decided.
      const [closed, note] = ['closed', 'decided'].map((part) => ctx.say(language, `approval.${part}.SENT_AGAIN`));
      const card = draw({ id, revision, verbs: [], closed: closed ?? '', note: note ?? '' });
      post(ctx, approval, identity, { content: { kind: 'card_update', card, handle: {}, ifShown: true } });
    }
    post(ctx, approval, identity, {
      ...(before ? {} : { key: `card:${id}:${revision}` }),
      content: { kind: 'card', card: draw({ id, revision, verbs: approval.verbs }) },
    });
    sent += 1;
  }
  return sent;
}

/**
 * Redraws cards after the decision: in their final state, or as signed while others are asked. Of a frozen case that cannot be
 * read nothing is drawn, and its cards are closed all the same.
 */
export async function redraw(ctx: Ctx, approval: ApprovalRow, how: Redraw): Promise<void> {
  const snapshot = openSnapshotOfMany(ctx, approval);
  const cards = (await cardsOf(ctx.tx, approval.id)).filter(
    (card) => card.state === 'OPEN' && (how.only === undefined || card.task_id === how.only),
  );
  if (snapshot)
    for (const card of cards) if (canRedraw(card, how)) await redrawOne(ctx, card, { approval, snapshot, how });
  if (how.left !== undefined) return;
  await closeCards(
    ctx.tx,
    cards.map((card) => card.id),
  );
}

/** WeCom: the code of the send is kept for the final state, so that on the way there only a press redraws its card. */
function canRedraw(card: CardRow, how: Redraw): boolean {
  return how.left === undefined || how.tap?.cardId === card.id || !card.account.startsWith('wecom:');
}

async function redrawOne(
  ctx: Ctx,
  card: CardRow,
  { approval, snapshot, how }: { readonly approval: ApprovalRow; readonly snapshot: Snapshot; readonly how: Redraw },
): Promise<void> {
  const { id, revision } = card;
  const language = await languageOf(ctx, card.staff_id);
  const closed = ctx.say(language, `approval.closed.${how.outcome}`);
  const by = [how.by].flat().join(ctx.say(language, 'conversation.format.between_labels'));
  const note = ctx.say(language, `approval.decided.${how.outcome}`, { by, left: how.left ?? 0 });
  const params = how.reason === undefined ? [] : [{ reason: how.reason }];
  const say = (text: Text): string => ctx.say(language, text);
  const reason = params.map((one) => ctx.say(language, 'approval.decided.reason', withTexts(one, say)));
  // No key: the lock of the votes lets each state be drawn once, and whoever sits there again may close the same card again.
  post(ctx, approval, card, {
    content: {
      kind: 'card_update',
      card: approvalCard(ctx, language, snapshot, {
        id,
        revision,
        verbs: [],
        closed,
        note: [note, ...reason].join('\n'),
      }),
      handle: {},
      ...(how.tap?.cardId === id ? { tap: how.tap.handle } : {}),
    },
  });
}

/** What others are shown of a reason: the numbers and the customer's name in somebody's words are not for every card. */
export async function shownReason(ctx: Ctx, approval: ApprovalRow, reason: string): Promise<string | TextParam> {
  if ((REASONS as readonly string[]).includes(reason)) return textParam(`approval.reason.${reason}`);
  const application = await findApplication(ctx.tx, approval.application_id);
  return application ? hidingNames(ctx, application.customer_id, reason) : maskText(reason);
}

function post(
  ctx: Ctx,
  approval: ApprovalRow,
  to: { readonly account: string; readonly external_id: string },
  draft: Pick<MessageDraft, 'key' | 'content'>,
): void {
  ctx.effects.send({
    ...draft,
    to: { account: to.account, chat: to.external_id },
    purpose: 'STAFF',
    subject: { kind: 'approval', id: approval.id },
  });
}

async function languageOf(ctx: Ctx, staffId: string): Promise<Language> {
  const language = (await findStaff(ctx.tx, staffId))?.language ?? 'zh-CN';
  return isLanguage(language) ? language : 'zh-CN';
}
