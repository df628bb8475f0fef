/** The Web API's front: bearer token, scopes, rates, bodies, faults, journal. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Rate, RateBook } from '../kernel/bucket.ts';
import type { FaultBook } from '../kernel/faults.ts';
import { type Answer, BodyTooLarge, jsonAnswer, respond } from '../kernel/http.ts';
import type { Journal } from '../kernel/journal.ts';
import { MalformedBody, type Parameters, readParameters } from '../kernel/parameters.ts';
import { type Fields, fieldsOf, parseJson, rowOf, wordOf } from '../kernel/values.ts';
import { Args } from './args.ts';
import type { SlackCore } from './core.ts';
import { authMethods } from './methods/auth.ts';
import { chatMethods } from './methods/chat.ts';
import { conversationMethods } from './methods/conversations.ts';
import { fileMethods } from './methods/files.ts';
import type { Method, MethodTable } from './methods/method.ts';
import { userMethods } from './methods/users.ts';
import { viewMethods } from './methods/views.ts';
import { SlackRefusal } from './types.ts';

const METHODS: MethodTable = {
  ...authMethods,
  ...chatMethods,
  ...conversationMethods,
  ...userMethods,
  ...viewMethods,
  ...fileMethods,
};

const MAX_BODY = 8_388_608;

/** Why a token stopped working. */
export type TokenFault = 'token_revoked' | 'account_inactive' | 'token_expired' | 'invalid_auth';

/** What the Web API needs of the look-alike. */
export interface ApiParts {
  readonly core: SlackCore;
  readonly journal: Journal;
  readonly faults: FaultBook;
  readonly botToken: string;
  readonly appToken: string | undefined;
}

/** `/api/<method>`: authorised, limited, journalled, with ordered faults. */
export class SlackApi {
  readonly #parts: ApiParts;
  readonly #rates: RateBook;
  /** When true, a call is answered only after the events it caused were delivered. */
  areEventsFirst = false;
  /** When set, the bot token is answered with this instead. */
  tokenFault: TokenFault | undefined;

  constructor(parts: ApiParts) {
    this.#parts = parts;
    this.#rates = new RateBook(parts.core.workspace.clock);
  }

  /** Serves `/api/<method>`. */
  async handle(
    request: IncomingMessage,
    response: ServerResponse,
    name: string,
    query: URLSearchParams,
  ): Promise<void> {
    const parameters = await this.#read(request, query);
    const fields = parameters === undefined ? {} : parameters.fields;
    const answer = await respond(response, this.#parts.faults.take(name), {
      run: () => this.#answer(name, request, parameters),
      error: (code, retryAfter) => refusalAnswer(new SlackRefusal(code), retryAfter),
    });
    this.#note(name, fields, answer);
  }

  async #read(request: IncomingMessage, query: URLSearchParams): Promise<Parameters | undefined> {
    try {
      return await readParameters(request, query, MAX_BODY);
    } catch (error) {
      if (error instanceof MalformedBody || error instanceof BodyTooLarge) return undefined;
      throw error;
    }
  }

  async #answer(name: string, request: IncomingMessage, parameters: Parameters | undefined): Promise<Answer> {
    try {
      const method = rowOf(METHODS, name);
      if (method === undefined) throw new SlackRefusal('unknown_method', { req_method: name });
      this.#authorize(method, request.headers.authorization);
      if (parameters === undefined) throw new SlackRefusal('invalid_json');
      const limited = this.#limit(name, method, parameters.fields);
      if (limited > 0) return refusalAnswer(new SlackRefusal('ratelimited'), limited);
      const { core } = this.#parts;
      const result = await core.deliveries.during(
        () => method.run(core, new Args(parameters.fields)),
        this.areEventsFirst,
      );
      return jsonAnswer({ ok: true, ...result, ...charsetWarning(request, result) });
    } catch (error) {
      if (error instanceof SlackRefusal) return refusalAnswer(error, undefined);
      throw error;
    }
  }

  /** The token counts in the header only. @throws SlackRefusal. */
  #authorize(method: Method, authorization: string | undefined): void {
    const { core, botToken, appToken } = this.#parts;
    const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) throw new SlackRefusal('not_authed');
    const isApp = appToken !== undefined && token === appToken;
    if (!isApp && token !== botToken) throw new SlackRefusal('invalid_auth');
    if (isApp !== (method.token === 'app')) throw new SlackRefusal('not_allowed_token_type');
    if (!isApp && this.tokenFault !== undefined) throw new SlackRefusal(this.tokenFault);
    if (method.scopes !== undefined) core.demandScope(method.scopes);
  }

  /** Seconds to wait under the method's tier and, for posts, the channel's one a second; 0 = may pass. */
  #limit(name: string, method: Method, fields: Fields): number {
    const { tiers, channelBurst } = this.#parts.core.limits;
    const tier: Rate = { burst: tiers[method.tier], perMinute: tiers[method.tier] };
    const wait = this.#rates.take(name, tier);
    if (wait > 0 || name !== 'chat.postMessage') return wait;
    const place = this.#parts.core.workspace.partnerIn(wordOf(fields['channel']));
    return this.#rates.take(`post ${place}`, { burst: channelBurst, perMinute: 60 });
  }

  #note(name: string, fields: Fields, answer: Answer | undefined): void {
    const body = answer === undefined ? undefined : parseJson(answer.body.toString());
    const known = rowOf(METHODS, name)?.known ?? [];
    const unknown = Object.keys(fields).filter((field) => field !== 'token' && !known.includes(field));
    const error = fieldsOf(body)['error'];
    this.#parts.journal.add({
      direction: 'to_platform',
      what: name,
      status: answer?.status ?? 0,
      ...(typeof error === 'string' ? { error } : {}),
      ...(unknown.length > 0 && rowOf(METHODS, name) !== undefined ? { unknownFields: unknown } : {}),
      request: fields,
      response: body,
    });
  }
}

function refusalAnswer(refusal: SlackRefusal, retryAfter: number | undefined): Answer {
  const body = { ok: false, error: refusal.error, ...refusal.extra };
  if (refusal.error !== 'ratelimited' && retryAfter === undefined) return jsonAnswer(body);
  return jsonAnswer(body, 429, { 'retry-after': String(retryAfter ?? 1) });
}

/** JSON without a charset is taken, with a warning. */
function charsetWarning(request: IncomingMessage, result: Fields): Fields {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('application/json') || type.includes('charset')) return {};
  const metadata = fieldsOf(result['response_metadata']);
  return { warning: 'missing_charset', response_metadata: { ...metadata, warnings: ['missing_charset'] } };
}
