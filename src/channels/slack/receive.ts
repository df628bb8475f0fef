/**
 * Bolt behind our own edge. Bolt's receivers answer 200 before (or even though) a listener failed; here the request is
 * verified and parsed by us, handed through Bolt's `processEvent` so that its routing sorts it, and collected: nothing is
 * done and nothing is answered before the caller has committed the events.
 */
import { createHash } from 'node:crypto';
import { App, type Receiver } from '@slack/bolt';
import { z } from 'zod';
import type { Secret } from '../../lib/secret.ts';
import type { HttpAnswer, InboundEvent, RawRequest, Received, Refused } from '../channel.ts';
import type { boltLogger } from './bolt-log.ts';
import { isSslCheck, parseBody, type SlackBody } from './body.ts';
import type { DirectMessages } from './direct-messages.ts';
import { directMessageOf, instantOf, readEventCallback, type EventScope } from './events.ts';
import { readSubmission } from './forms.ts';
import { readBlockActions, readCommand, readView } from './interactions.ts';
import { forgeryReason } from './verify.ts';
import type { HomeWorkspace } from './workspace.ts';

/** Slack's own requests stay far below; more is refused before it is hashed. */
const MAX_BODY_BYTES = 1_048_576;

/** Collects what Bolt's listeners made of one delivery; `undefined` until one of them understood it. */
interface Delivery {
  readonly scope: EventScope;
  events: readonly InboundEvent[] | undefined;
}

/** The least a Bolt receiver can be: it opens nothing and only lends us the app. */
class EdgeReceiver implements Receiver {
  #app: App | undefined;
  init(app: App): void {
    this.#app = app;
  }
  start(): Promise<void> {
    return Promise.resolve();
  }
  stop(): Promise<void> {
    return Promise.resolve();
  }
  async process(body: SlackBody, delivery: Delivery): Promise<void> {
    await this.#app?.processEvent({
      body: { ...body },
      ack: () => Promise.resolve(),
      customProperties: { delivery },
    });
  }
}

/** What a body means, and what its acknowledgement says where it says more than "taken". */
export interface Interpreted {
  readonly events: readonly InboundEvent[];
  readonly reply?: Readonly<Record<string, unknown>>;
}

/** Turns a body that is known to be Slack's into events; the socket and the HTTP edge share it. */
export type Interpret = (body: SlackBody, now: Date) => Promise<Interpreted>;

/** Builds the Bolt app. No network call is made: `authorize` is ours, so a bad token cannot end the process. */
export function createInterpreter(
  account: string,
  directs: DirectMessages,
  logger: ReturnType<typeof boltLogger>,
): Interpret {
  const receiver = new EdgeReceiver();
  const app = new App({
    receiver,
    authorize: () => Promise.resolve({}),
    convoStore: false,
    // Own messages are told apart by app id: Bolt's filter lets our own edits pass.
    ignoreSelf: false,
    logger,
  });
  listen(app);
  return async (body, now) => {
    const errors = formErrors(body);
    if (errors) return { events: [], reply: { response_action: 'errors', errors } };
    const spokenIn = directMessageOf(body);
    directs.learn(spokenIn?.person, spokenIn?.channel);
    const delivery: Delivery = { scope: { account, now }, events: undefined };
    await receiver.process(body, delivery);
    return { events: delivery.events ?? [gapEvent(body, delivery.scope) ?? unknownEvent(body, delivery.scope)] };
  };
}

/** A form that breaks its own rules is no event yet: its fields say what is wrong, and it stays open. */
function formErrors(body: SlackBody): Readonly<Record<string, string>> | undefined {
  const errors = body['type'] === 'view_submission' ? readSubmission(body['view'])?.errors : undefined;
  return errors && Object.keys(errors).length > 0 ? errors : undefined;
}

type Read = (body: unknown, scope: EventScope) => readonly InboundEvent[] | undefined;

function listen(app: App): void {
  const collect =
    (read: Read) =>
    async ({ body, context }: { body: unknown; context: Record<string, unknown> }): Promise<void> => {
      const delivery = context['delivery'] as Delivery;
      delivery.events = read(body, delivery.scope);
    };
  app.event(/.*/, collect(readEventCallback));
  app.command(/.*/, collect(readCommand));
  app.action({ type: 'block_actions' }, collect(readBlockActions));
  app.view({ type: 'view_submission' }, collect(readView));
  app.view({ type: 'view_closed' }, collect(readView));
}

const rateLimited = z.looseObject({ type: z.literal('app_rate_limited'), minute_rate_limited: z.int().positive() });

/**
 * Slack's only word for events it did not deliver (more than 30,000 in an hour), said once a minute as long as it lasts;
 * of one hour it is kept once.
 */
function gapEvent(body: SlackBody, scope: EventScope): InboundEvent | undefined {
  const limited = rateLimited.safeParse(body).data;
  return (
    limited && {
      platform: 'slack',
      address: { account: scope.account, chat: '' },
      sender: '',
      deliveryKeys: [`app_rate_limited:${String(Math.floor(limited.minute_rate_limited / 3600))}`],
      occurredAt: instantOf(undefined, limited.minute_rate_limited, scope.now),
      happening: { kind: 'gap' },
    }
  );
}

/** The same bytes give the same key, so a redelivery of something unknown is still one row. */
function unknownEvent(body: SlackBody, scope: EventScope): InboundEvent {
  const type = typeof body['type'] === 'string' ? body['type'].replace(/[^a-z_]/g, '').slice(0, 64) : '';
  const id = typeof body['event_id'] === 'string' && body['event_id'] !== '' ? body['event_id'] : undefined;
  return {
    platform: 'slack',
    address: { account: scope.account, chat: '' },
    sender: '',
    deliveryKeys: [id ?? `raw:${createHash('sha256').update(JSON.stringify(body)).digest('hex')}`],
    occurredAt: scope.now,
    happening: { kind: 'other', what: type === '' ? 'unknown' : type },
  };
}

/** What the HTTP edge needs. */
export interface ReceiveDeps {
  readonly signingSecret: Secret;
  readonly home: HomeWorkspace;
  readonly interpret: Interpret;
}

/** The HTTP edge: verify, parse, interpret. */
export function createReceive({
  signingSecret,
  home,
  interpret,
}: ReceiveDeps): (request: RawRequest, now: Date) => Promise<Received | Refused> {
  return async (request, now) => {
    if (request.method !== 'POST') return refuse(405, 'method_not_allowed');
    if (request.body.length > MAX_BODY_BYTES) return refuse(413, 'body_too_large');
    const contentType = request.headers['content-type'];
    if (isSslCheck(contentType, request.body)) return plainAnswer({ status: 200 });
    const forged = forgeryReason(request, signingSecret.reveal(), now);
    if (forged !== undefined) return refuse(401, forged);
    const body = parseBody(contentType, request.body.toString('utf8'));
    if (!body) return refuse(400, 'bad_body');
    if (body['type'] === 'url_verification') return challengeAnswer(body['challenge']);
    if (await home.isForeign(body, now)) return refuse(403, 'foreign_workspace');
    try {
      const { events, reply } = await interpret(body, now);
      return reply ? plainAnswer(json(reply)) : { ...plainAnswer({ status: 200 }), events };
    } catch {
      // Bolt's routing itself stumbled over the shape (`"event": null`).
      return refuse(400, 'bad_event');
    }
  };
}

function challengeAnswer(challenge: unknown): Received | Refused {
  return typeof challenge === 'string' ? plainAnswer(json({ challenge })) : refuse(400, 'bad_challenge');
}

function json(value: unknown): HttpAnswer {
  return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(value) };
}

function plainAnswer(answer: HttpAnswer): Received {
  return { events: [], interactive: false, answer: () => answer };
}

function refuse(status: number, reason: string): Refused {
  return { refused: true, status, reason };
}
