/** The sandbox's own API: clock, journal, faults, and the phones with the hands that use them. */
import { z } from 'zod';
import type { Texts } from '../../lib/i18n.ts';
import type { Fault, JournalEntry, Screen, ScreenFile } from '../emulator.ts';
import type { Answer } from '../kernel/http.ts';
import { type Platform, PLATFORMS, type SandboxPerson } from './cast.ts';
import type { ClockRoom } from './clock-room.ts';
import { agreedWords, pageTexts } from './page-texts.ts';
import { namedLoans, type PaymentDesk } from './payments.ts';
import { MAX_TEXT, type Phones, type PickedFile } from './phones.ts';
import { SandboxProblem } from './problem.ts';
import { walkRoad, wordsOf } from './road.ts';
import { type Call, checked, readFields, type Route } from './router.ts';

const MAX_FILE = 12 * 1_048_576;
/** Base64 in JSON is a third longer; names and braces need a little. */
const MAX_FILE_BODY = 17 * 1_048_576;
const MAX_BODY = 262_144;

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const clockBody = z.strictObject({ now: instant });
const journalQuery = z.object({
  platform: z.enum(PLATFORMS).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});
const sayBody = z.strictObject({ text: z.string().min(1).max(MAX_TEXT) });
const tapBody = z.strictObject({
  message: z.string().min(1),
  key: z.string().max(2_000),
  selected: z.record(z.string(), z.string()).default({}),
});
const editBody = z.strictObject({ message: z.string().min(1), text: z.string().min(1).max(MAX_TEXT) });
const removeBody = z.strictObject({ message: z.string().min(1) });
const startBody = z.strictObject({
  payload: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .optional(),
});
const emptyBody = z.strictObject({});
const paymentBody = z.strictObject({
  loan: z.string().regex(/^L\d{2,8}$/),
  amount: z
    .string()
    .trim()
    .regex(/^\d{1,12}(?:\.\d{1,2})?$/)
    .transform(twoDecimals),
});
const undoBody = z.strictObject({
  loan: paymentBody.shape.loan,
  payment: z.string().min(1).max(128),
  reason: z.string().trim().min(1).max(200),
});
const jsonFile = z.strictObject({
  name: z.string().min(1).max(255),
  mime: z.string().min(1).max(255),
  base64: z.base64(),
  caption: z.string().max(1_024).optional(),
});

const albumFiles = z
  .array(z.object({ name: z.string(), mime: z.string().startsWith('image/'), bytes: z.instanceof(Buffer) }))
  .min(2)
  .max(10);

const faultBody: z.ZodType<Fault> = z.strictObject({
  platform: z.enum([...PLATFORMS, '*']),
  method: z.string().min(1).max(200),
  times: z.int().min(1).max(10_000),
  effect: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('error'),
      code: z.string().min(1).max(200),
      retryAfterSeconds: z.int().min(0).max(86_400).exactOptional(),
    }),
    z.strictObject({ kind: z.literal('http'), status: z.int().min(400).max(599) }),
    z.strictObject({ kind: z.literal('drop_after') }),
    z.strictObject({ kind: z.literal('drop_before') }),
    z.strictObject({ kind: z.literal('delay'), ms: z.int().min(0).max(120_000) }),
  ]),
});

/** 3280 and 3280.5 as the operations take them: 3280.00, 3280.50. */
function twoDecimals(amount: string): string {
  const [yuan = '', cents = ''] = amount.split('.');
  return `${yuan}.${cents.padEnd(2, '0')}`;
}

/** What the routes work with. */
export interface RouteRooms {
  readonly phones: Phones;
  readonly clock: ClockRoom;
  readonly payments: PaymentDesk | undefined;
  readonly texts: Texts;
  readonly journal: (platform: Platform | undefined) => readonly JournalEntry[];
  readonly addFault: (fault: Fault) => void;
  readonly clearFaults: () => void;
  /** A hand has done something: open pages are told at once. */
  readonly acted: () => void;
}

/** Every route under `/sandbox`, without that prefix. */
export function sandboxRoutes(rooms: RouteRooms): readonly Route[] {
  return [...worldRoutes(rooms), ...paymentRoutes(rooms), ...phoneRoutes(rooms)];
}

function worldRoutes({ phones, clock, texts, journal, addFault, clearFaults }: RouteRooms): Route[] {
  const views = () => phones.list().map(({ platform, id }) => phones.view(platform, id));
  return [
    { method: 'GET', path: '/clock', run: async () => ({ json: await clock.read() }) },
    {
      method: 'POST',
      path: '/clock',
      run: async (call) => ({ json: { now: await clock.move((await body(call, clockBody)).now) } }),
    },
    {
      method: 'GET',
      path: '/journal',
      run: ({ query, language }) => {
        const { platform, limit } = checked(journalQuery, Object.fromEntries(query), language);
        return { json: { items: journal(platform).slice(-limit) } };
      },
    },
    {
      method: 'POST',
      path: '/faults',
      run: async (call) => {
        const fault = await body(call, faultBody);
        addFault(fault);
        return { json: { ordered: fault } };
      },
    },
    {
      method: 'DELETE',
      path: '/faults',
      run: () => {
        clearFaults();
        return { json: {} };
      },
    },
    { method: 'GET', path: '/api/phones', run: () => ({ json: { phones: phones.list() } }) },
    { method: 'GET', path: '/api/road', run: () => ({ json: { steps: walkRoad(views(), agreedWords(texts)) } }) },
    {
      method: 'GET',
      path: '/api/texts',
      run: ({ language }) => ({ json: { language, texts: pageTexts(texts, language) } }),
    },
  ];
}

/** Which loans ask for money, a press that stands for a payment, and one that takes it back. */
function paymentRoutes({ phones, payments, acted }: RouteRooms): Route[] {
  const words = () =>
    phones.list().flatMap(({ platform, id }) => phones.view(platform, id).messages.map((message) => wordsOf(message)));
  return [
    {
      method: 'GET',
      path: '/api/payments',
      run: async () => {
        const found = await Promise.all(namedLoans(words()).map(async (loan) => payments?.look(loan)));
        return {
          json: {
            open: found.flatMap((loan) => loan?.open ?? []),
            last: found.flatMap((loan) => loan?.last ?? []),
          },
        };
      },
    },
    {
      method: 'POST',
      path: '/api/payments',
      run: async (call) => {
        const { loan, amount } = await body(call, paymentBody);
        if ((await payments?.record(loan, amount)) !== true) throw new SandboxProblem('payment_refused');
        acted();
        return { json: { loan, amount } };
      },
    },
    {
      method: 'POST',
      path: '/api/payments/undo',
      run: async (call) => {
        const { loan, payment, reason } = await body(call, undoBody);
        if ((await payments?.undo(loan, payment, reason)) !== true) throw new SandboxProblem('undo_refused');
        acted();
        return { json: { loan, payment } };
      },
    },
  ];
}

/** What somebody does with the phone of the path, then the screen it leaves. */
type Deed = (person: SandboxPerson, call: Call) => Promise<void>;

function phoneRoutes(rooms: RouteRooms): Route[] {
  const { phones } = rooms;
  const owner = (call: Call): SandboxPerson => phones.find(call.part('platform'), call.part('id'));
  const deeds: Readonly<Record<string, Deed>> = {
    say: async (person, call) => phones.say(person, (await body(call, sayBody)).text),
    file: async (person, call) => {
      const { file, caption } = await pickedFile(call);
      return phones.sendFile(person, file, caption);
    },
    album: async (person, call) => phones.sendAlbum(person, await pickedAlbum(call)),
    tap: async (person, call) => phones.tap(person, await body(call, tapBody)),
    edit: async (person, call) => {
      const { message, text } = await body(call, editBody);
      return phones.edit(person, message, text);
    },
    remove: async (person, call) => phones.remove(person, (await body(call, removeBody)).message),
    start: async (person, call) => phones.start(person, (await body(call, startBody)).payload),
    contact: async (person, call) => {
      await body(call, emptyBody);
      return phones.shareContact(person);
    },
    block: (person) => phones.setBlocked(person, true),
    unblock: (person) => phones.setBlocked(person, false),
  };
  const screen = (person: SandboxPerson, call: Call) => ({
    json: shown(rooms.texts, call, phones.view(person.platform, person.id)),
  });
  const doing = Object.entries(deeds).map(([name, deed]): Route => ({
    method: 'POST',
    path: `/api/phones/:platform/:id/${name}`,
    run: async (call) => {
      const person = owner(call);
      const done = deed(person, call).finally(() => rooms.acted());
      setImmediate(() => rooms.acted());
      await done;
      return screen(person, call);
    },
  }));
  return [
    { method: 'GET', path: '/api/phones/:platform/:id', run: (call) => screen(owner(call), call) },
    {
      method: 'GET',
      path: '/api/phones/:platform/:id/files/:message',
      run: (call) => {
        const person = owner(call);
        const { messages } = phones.view(person.platform, person.id);
        const file = messages.find(({ id }) => id === call.part('message'))?.file;
        if (file === undefined) throw new SandboxProblem('not_found');
        return fileAnswer(file.bytes);
      },
    },
    ...doing,
  ];
}

const PICTURES: readonly (readonly [string, Buffer])[] = [
  ['image/png', Buffer.from('89504e47', 'hex')],
  ['image/jpeg', Buffer.from('ffd8ff', 'hex')],
];

/** A picture to look at, by what its bytes are; whatever else somebody sent is only there to be kept. */
function fileAnswer(body: Buffer): Answer {
  const picture = PICTURES.find(([, start]) => body.subarray(0, start.length).equals(start));
  return {
    status: 200,
    headers: {
      'content-type': picture?.[0] ?? 'application/octet-stream',
      'content-disposition': picture ? 'inline' : 'attachment',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'",
      'cache-control': 'private, max-age=3600',
    },
    body,
  };
}

/** A file's bytes have an address of their own. */
function withoutBytes({ name, mime, size }: ScreenFile): Omit<ScreenFile, 'bytes'> {
  return { name, mime, size };
}

/** Flashing codes in the viewer's words; sentences stay as they are. */
function shown(texts: Texts, { language }: Call, screen: Screen): unknown {
  const toasts = screen.toasts.map(({ at, text }) => {
    const key = `sandbox.toast.${text.split(':', 1)[0] ?? ''}`;
    return { at, text: texts.has(language, key) ? texts.translate(language, key) : text };
  });
  const messages = screen.messages.map((message) =>
    message.file ? { ...message, file: withoutBytes(message.file) } : message,
  );
  return { ...screen, messages, toasts };
}

async function body<T>(call: Call, schema: z.ZodType<T>): Promise<T> {
  const { fields } = await readFields(call.request, MAX_BODY);
  return checked(schema, fields, call.language);
}

/** A file as multipart (field of any name, `caption` beside it) or as JSON in base64. */
async function pickedFile(call: Call): Promise<{ file: PickedFile; caption: string | undefined }> {
  const { fields, uploads } = await readFields(call.request, MAX_FILE_BODY);
  const [upload] = uploads;
  const given =
    upload === undefined ? checked(jsonFile, fields, call.language) : { ...upload, caption: captionOf(fields) };
  const bytes = 'bytes' in given ? given.bytes : Buffer.from(given.base64, 'base64');
  if (bytes.length > MAX_FILE) throw new SandboxProblem('too_large', { params: { megabytes: MAX_FILE / 1_048_576 } });
  return { file: { name: given.name, mime: given.mime, bytes }, caption: given.caption };
}

/** Two to ten photos as multipart: what Telegram puts into one album. */
async function pickedAlbum(call: Call): Promise<readonly PickedFile[]> {
  const { uploads } = await readFields(call.request, MAX_FILE_BODY);
  return checked(albumFiles, uploads, call.language).map(({ name, mime, bytes }) => ({ name, mime, bytes }));
}

function captionOf(fields: Readonly<Record<string, unknown>>): string | undefined {
  const { caption } = fields;
  return typeof caption === 'string' && caption !== '' ? caption : undefined;
}
