/** What the page asks of the server: settings, words, a plan and its annual cost. */
import type { Language } from './language.ts';

/** [n, due, principal, interest, total, balanceAfter] */
export type Row = readonly [number, string, string, string, string, string];

/** A repayment plan; amounts are yuan with two decimals. `warnings` name years without a holiday calendar. */
export interface Plan {
  readonly rows: readonly Row[];
  readonly totals: { readonly principal: string; readonly interest: string; readonly total: string };
  readonly warnings?: readonly { readonly code: string; readonly year: number }[];
}

/** Fractions with eight decimals. */
export interface Rates {
  readonly irrX12: string | null;
  readonly effective: string;
  readonly xirr365: string;
  readonly simpleAnnual365: string | null;
}

/** A member of the request that is wrong, by its JSON pointer, with a sentence in the reader’s language. */
export interface Fault {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
}

/** A refusal: which members are wrong, or what happened in one sentence. */
export class Refusal extends Error {
  readonly status: number;
  readonly faults: readonly Fault[];

  constructor(status: number, message: string, faults: readonly Fault[]) {
    super(message);
    this.status = status;
    this.faults = faults;
  }
}

/** Who asks, in which language. Without a token the open calculators of the sandbox are asked. */
export interface Caller {
  readonly language: Language;
  readonly token: string | undefined;
}

const HERE = '/console/calculators';

/** While nothing can be shown without it: asked again, because the server that sent the page is only starting anew. */
const RETRY_MS = 2_000;

/** Whether the calculators may be asked without a token. */
export async function fetchSettings(): Promise<{ readonly isOpen: boolean }> {
  return (await getPersistently(`${HERE}/settings`)) as { isOpen: boolean };
}

/** The page’s texts by key. */
export async function fetchMessages(language: Language): Promise<Readonly<Record<string, string>>> {
  return (await getPersistently(`${HERE}/texts/${language}`)) as Record<string, string>;
}

/** @throws Refusal */
export async function askPlan(caller: Caller, terms: unknown, signal: AbortSignal): Promise<Plan> {
  return (await ask(caller, 'calc/schedule', terms, signal)) as Plan;
}

/** @throws Refusal */
export async function askRates(caller: Caller, request: unknown, signal: AbortSignal): Promise<Rates> {
  return (await ask(caller, 'calc/apr', request, signal)) as Rates;
}

async function getPersistently(url: string): Promise<unknown> {
  for (;;) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok === true) return response.json();
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function ask({ language, token }: Caller, path: string, body: unknown, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(`${token === undefined ? `${HERE}/api` : '/api/v1'}/${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'accept-language': language,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
    signal,
  });
  const answer = (await response.json()) as { readonly detail?: string; readonly errors?: readonly Fault[] };
  if (response.ok) return answer;
  throw new Refusal(response.status, answer.detail ?? response.statusText, answer.errors ?? []);
}
