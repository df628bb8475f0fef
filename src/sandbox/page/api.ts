/** Calls to the sandbox's API. A refusal comes as problem+json; its title and cure are what the visitor reads. */
import type {
  ClockState,
  JournalItem,
  Language,
  LastPayment,
  OpenInstalment,
  PhoneKey,
  PhoneSummary,
  PhoneView,
  RoadStep,
} from './types.ts';

/** A refusal in the visitor's words. */
export class Refusal extends Error {}

let language: Language = 'zh-CN';

/** The language in which refusals and toasts come back. */
export function speak(wanted: Language): void {
  language = wanted;
}

async function call<T>(
  path: string,
  init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {},
): Promise<T> {
  const response = await fetch(`/sandbox${path}`, {
    ...init,
    headers: { 'accept-language': language, ...init.headers },
  });
  const body = (await response.json()) as T & { title?: string; detail?: string };
  if (!response.ok) throw new Refusal([body.title, body.detail].filter(Boolean).join(' — '));
  return body;
}

function post<T>(path: string, body: unknown): Promise<T> {
  return call<T>(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

function phonePath({ platform, id }: PhoneKey): string {
  return `/api/phones/${platform}/${encodeURIComponent(id)}`;
}

/** Where the file of a message can be looked at. */
export function fileAddress(phone: PhoneKey, message: string): string {
  return `/sandbox${phonePath(phone)}/files/${encodeURIComponent(message)}`;
}

/** The calls, each by what the visitor does or looks at. They throw {@link Refusal}. */
export const api = {
  texts: (lang: Language) => call<{ texts: Record<string, string> }>(`/api/texts?lang=${lang}`),
  phones: () => call<{ phones: PhoneSummary[] }>('/api/phones'),
  road: () => call<{ steps: RoadStep[] }>('/api/road'),
  clock: () => call<ClockState>('/clock'),
  moveClock: (to: Date) => post<ClockState>('/clock', { now: to.toISOString() }),
  journal: () => call<{ items: JournalItem[] }>('/journal?limit=200'),
  payments: () => call<{ open: OpenInstalment[]; last: LastPayment[] }>('/api/payments'),
  pay: (loan: string, amount: string) => post<{ loan: string; amount: string }>('/api/payments', { loan, amount }),
  undoPayment: (loan: string, payment: string, reason: string) =>
    post<{ loan: string }>('/api/payments/undo', { loan, payment, reason }),
  screen: (phone: PhoneKey) => call<PhoneView>(phonePath(phone)),
  say: (phone: PhoneKey, text: string) => post<PhoneView>(`${phonePath(phone)}/say`, { text }),
  tap: (phone: PhoneKey, press: { message: string; key: string; selected: Record<string, string> }) =>
    post<PhoneView>(`${phonePath(phone)}/tap`, press),
  edit: (phone: PhoneKey, message: string, text: string) =>
    post<PhoneView>(`${phonePath(phone)}/edit`, { message, text }),
  remove: (phone: PhoneKey, message: string) => post<PhoneView>(`${phonePath(phone)}/remove`, { message }),
  start: (phone: PhoneKey, payload?: string) =>
    post<PhoneView>(`${phonePath(phone)}/start`, payload === undefined ? {} : { payload }),
  contact: (phone: PhoneKey) => post<PhoneView>(`${phonePath(phone)}/contact`, {}),
  setBlocked: (phone: PhoneKey, isBlocked: boolean) =>
    post<PhoneView>(`${phonePath(phone)}/${isBlocked ? 'block' : 'unblock'}`, {}),
  sendFile: (phone: PhoneKey, file: File) => {
    const form = new FormData();
    form.set('file', file, file.name);
    return call<PhoneView>(`${phonePath(phone)}/file`, { method: 'POST', body: form });
  },
  sendAlbum: (phone: PhoneKey, files: readonly File[]) => {
    const form = new FormData();
    for (const file of files) form.append('photo', file, file.name);
    return call<PhoneView>(`${phonePath(phone)}/album`, { method: 'POST', body: form });
  },
};
