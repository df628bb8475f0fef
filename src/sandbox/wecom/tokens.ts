/** access_token: one per app, the same one while it lives, refused in the several ways of the real platform. */
import { newToken } from '../../lib/ids.ts';
import { demand, WecomFault } from './fault.ts';
import type { WecomApp } from './options.ts';
import { Quota } from './quota.ts';

const TOKEN_SECONDS = 7_200;
const BAN_MS = 3_600_000;
const MAX_TOKENS = 2_000;

interface Issued {
  readonly app: WecomApp;
  readonly expiresAt: number;
  readonly valid: boolean;
}

/** Issues and checks tokens. */
export class TokenOffice {
  readonly #corpId: string;
  readonly #apps: readonly WecomApp[];
  readonly #issued = new Map<string, Issued>();
  readonly #current = new Map<number, string>();
  readonly #wrongSecrets: Quota;
  readonly #bannedUntil = new Map<string, number>();
  #expiredAnswers = 0;

  constructor(corpId: string, apps: readonly WecomApp[], secretTries: number) {
    this.#corpId = corpId;
    this.#apps = apps;
    this.#wrongSecrets = new Quota(secretTries - 1, BAN_MS);
  }

  /** gettoken. @throws WecomFault 41002, 41004, 40013, 40001; 45009 for an hour after too many wrong secrets. */
  issue(query: URLSearchParams, ip: string, now: Date): Readonly<Record<string, unknown>> {
    const corpId = query.get('corpid') ?? '';
    const secret = query.get('corpsecret') ?? '';
    demand((this.#bannedUntil.get(ip) ?? 0) <= now.getTime(), 45009, 'api freq out of limit');
    demand(corpId !== '', 41002, 'corpid missing');
    demand(secret !== '', 41004, 'corpsecret missing');
    demand(corpId === this.#corpId, 40013, 'invalid corpid');
    const app = this.#apps.find((candidate) => candidate.secret === secret);
    if (app === undefined) {
      if (!this.#wrongSecrets.take(ip, now)) this.#bannedUntil.set(ip, now.getTime() + BAN_MS);
      throw new WecomFault(40001, 'invalid credential');
    }
    const [token, issued] = this.#tokenFor(app, now);
    return { access_token: token, expires_in: Math.floor((issued.expiresAt - now.getTime()) / 1_000) };
  }

  /** The app a token speaks for. @throws WecomFault 41001 missing, 40014 unknown, 40014/42001 by turns when expired. */
  check(token: string | null, now: Date): WecomApp {
    if (token === null || token === '') throw new WecomFault(41001, 'access_token missing');
    const issued = this.#issued.get(token);
    if (issued === undefined || !issued.valid) throw new WecomFault(40014, 'invalid access_token');
    if (issued.expiresAt > now.getTime()) return issued.app;
    throw this.#expiredAnswers++ % 2 === 0
      ? new WecomFault(40014, 'invalid access_token')
      : new WecomFault(42001, 'access_token expired');
  }

  /** WeCom takes a token back before its time; the next gettoken gives another. */
  invalidate(agentId: number): void {
    const token = this.#current.get(agentId);
    const issued = token === undefined ? undefined : this.#issued.get(token);
    if (token !== undefined && issued !== undefined) this.#issued.set(token, { ...issued, valid: false });
    this.#current.delete(agentId);
  }

  #tokenFor(app: WecomApp, now: Date): [string, Issued] {
    const known = this.#current.get(app.agentId);
    const issued = known === undefined ? undefined : this.#issued.get(known);
    if (known !== undefined && issued !== undefined && issued.expiresAt > now.getTime()) return [known, issued];
    const token = newToken(214); // real ones are this long; the documentation asks for 512 bytes of room
    const fresh: Issued = { app, expiresAt: now.getTime() + TOKEN_SECONDS * 1_000, valid: true };
    const [oldest] = this.#issued.keys();
    if (this.#issued.size >= MAX_TOKENS && oldest !== undefined) this.#issued.delete(oldest);
    this.#issued.set(token, fresh);
    this.#current.set(app.agentId, token);
    return [token, fresh];
  }
}
