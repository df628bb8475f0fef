/**
 * The one-time upload page (`/upload/<secret>`), plain HTML that works without a script. Who holds the link acts as the
 * member it was made for, in that one customer's file, once. The address is a secret: it is never logged, cached or
 * sent on as a referrer.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import express, { Router, type Express, type Request, type Response } from 'express';
import { isRole, type Actor } from '../../core/operations/actor.ts';
import { performOperation, readTimes, type UnitDeps } from '../../core/unit/unit.ts';
import { documentErrors, findUploadLink, MAX_FILE_BYTES, MAX_UPLOAD_FILES } from '../../domain/documents/index.ts';
import { findStaff } from '../../domain/staff/index.ts';
import { timeText, wallClock } from '../../lib/business-date.ts';
import { AppError, commonErrors, errorText } from '../../lib/errors.ts';
import { isLanguage } from '../../lib/i18n.ts';
import type { Log } from '../../lib/log.ts';
import { languageOf } from '../problem.ts';
import type { Markup } from './markup.ts';
import { readForm, type FormFile } from './multipart.ts';
import { UploadPage, type FormView, type RefusedFile } from './page.ts';

// src/api/upload and dist/api/upload lie equally deep under the package.
const BUILT = path.resolve(import.meta.dirname, '../../../dist/web/upload');
/** Beyond the files we take a few more are read, so that each can be refused by its name. */
const MAX_PARTS = 3 * MAX_UPLOAD_FILES;
const LIMITS = {
  fileBytes: MAX_FILE_BYTES,
  files: MAX_PARTS,
  totalBytes: (MAX_UPLOAD_FILES + 2) * MAX_FILE_BYTES,
} as const;
const SECRET = /^[0-9a-z]{32}$/;
const MAX_CAPTION = 100;
const MAX_NAME = 200;
/** No other origin, no inline anything, no frame; the icon is an image in the page itself. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Stores one file for a customer, with the checks every file has; `jobs/media.ts` uses the same. */
export type StoreFile = (file: {
  readonly customerId: string;
  readonly bytes: Buffer;
  readonly name: string;
  readonly mime: string;
  readonly now: Date;
}) => Promise<{ readonly fileId: string } | { readonly refused: string }>;

/** What the upload page needs from its surroundings. */
export interface UploadDeps {
  readonly unit: UnitDeps;
  readonly store: StoreFile;
  readonly log: Log;
  /** Where the built page lies; `dist/web/upload` of the package by default. */
  readonly folder?: string;
}

type Handler = (request: Request, response: Response) => Promise<void>;

/** Mounts the page. Call it before the routes that end in 404. */
export function mountUploadPage(app: Express, deps: UploadDeps): void {
  const folder = deps.folder ?? BUILT;
  const router = Router();
  // Names carry a hash of the content, so they never change under one name.
  router.use('/assets', express.static(path.join(folder, 'assets'), { immutable: true, maxAge: '1y', index: false }));
  router.use((_request, response, next) => {
    response.set({
      'cache-control': 'no-store',
      'content-security-policy': POLICY,
      'referrer-policy': 'no-referrer',
      'x-robots-tag': 'noindex, nofollow, noarchive',
    });
    next();
  });
  router.get('/:token', answering(deps, folder, show));
  router.post('/:token', answering(deps, folder, take));
  app.use('/upload', router);
}

/** A request of somebody who holds a link. */
interface Visit {
  readonly deps: UploadDeps;
  readonly request: Request;
  readonly page: UploadPage;
  readonly actor: Actor;
  readonly linkId: string;
  readonly traceId: string;
}

interface Shown {
  readonly status: number;
  readonly content: Markup;
}

function answering(deps: UploadDeps, folder: string, work: (visit: Visit) => Promise<Shown>): Handler {
  return async (request, response) => {
    const { texts } = deps.unit.services;
    const traceId = String(response.locals['traceId']);
    let page = new UploadPage(texts, languageOf(request));
    let shown: Shown;
    let restBytes = 0;
    try {
      const holder = await holderOf(deps, request);
      if (!holder) throw new AppError(documentErrors['document.upload_unknown']);
      restBytes = LIMITS.totalBytes;
      page = new UploadPage(texts, holder.actor.language);
      shown = await work({ deps, request, page, traceId, ...holder });
    } catch (error) {
      const refused = error instanceof AppError ? error : new AppError(commonErrors['service.unavailable']);
      if (refused !== error) deps.log.error({ event: 'upload.failed', traceId, error: errorText(error) });
      shown = { status: refused.status, content: page.refusal(refused.code, refused.params) };
    }
    await readRest(request, response, restBytes);
    const built = await readFile(path.join(folder, 'index.html'), 'utf8').catch(() => undefined);
    if (built === undefined) response.status(503).type('text/plain').send(page.notBuilt());
    else response.status(shown.status).type('html').send(page.fill(built, shown.content));
  };
}

/** The member a link was made for; nobody when it is unknown or he has left. */
async function holderOf(deps: UploadDeps, request: Request): Promise<Pick<Visit, 'actor' | 'linkId'> | undefined> {
  const { database } = deps.unit;
  const { token } = request.params;
  const link = typeof token === 'string' && SECRET.test(token) ? await findUploadLink(database, token) : undefined;
  const staff = link && (await findStaff(database, link.staff_id));
  if (!link || !staff?.is_active) return undefined;
  const actor: Actor = {
    kind: 'STAFF',
    id: staff.id,
    name: staff.name,
    roles: staff.roles.filter(isRole),
    teamId: staff.team_id ?? undefined,
    language: isLanguage(staff.language) ? staff.language : 'zh-CN',
  };
  return { actor, linkId: link.id };
}

async function show(visit: Visit): Promise<Shown> {
  return { status: 200, content: visit.page.form(await open(visit)) };
}

/** Judged before a byte of a file is read, and once more when the link is used up. */
async function open(visit: Visit): Promise<FormView & { readonly customerId: string }> {
  const seen = (await perform(visit, 'document.openUpload', { link: visit.linkId })) as Opened;
  return { ...seen, until: timeText(wallClock(seen.expiresAt, visit.deps.unit.services.companyZone)) };
}

interface Opened {
  readonly customerId: string;
  readonly number: string;
  readonly name: string;
  readonly missing: readonly string[];
  readonly expiresAt: Date;
}

async function take(visit: Visit): Promise<Shown> {
  const { page, request } = visit;
  const view = await open(visit);
  const basket: Basket = { taken: new Map(), refused: [] };
  let fields: ReadonlyMap<string, string>;
  try {
    fields = await readForm(request, LIMITS, async (file) => put(visit, view.customerId, file, basket));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const notice = page.notice(error.status === 413 ? 'too_large' : 'broken');
    return { status: error.status, content: page.form(view, notice) };
  }
  const { taken, refused } = basket;
  if (taken.size === 0) return { status: 422, content: page.form(view, page.nothingTaken(refused)) };
  const files = [...taken].map(([fileId, name]) => ({ fileId, name }));
  const caption = (fields.get('caption') ?? '').trim().slice(0, MAX_CAPTION);
  await perform(visit, 'document.takeUpload', { link: visit.linkId, caption, files, refused: refused.length });
  return { status: 200, content: page.outcome(view, [...taken.values()], refused) };
}

/** What has become of the files of a submission; the same file chosen twice is taken once. */
interface Basket {
  readonly taken: Map<string, string>;
  readonly refused: RefusedFile[];
}

async function put(visit: Visit, customerId: string, file: FormFile, { taken, refused }: Basket): Promise<void> {
  const name = file.name.slice(0, MAX_NAME);
  if (taken.size >= MAX_UPLOAD_FILES) {
    refused.push({ name, reason: 'too_many' });
    return;
  }
  const { now } = await readTimes(visit.deps.unit.database);
  const stored = await visit.deps.store({ ...file, customerId, now });
  if ('fileId' in stored) taken.set(stored.fileId, name);
  else refused.push({ name, reason: stored.refused });
}

async function perform({ deps, actor, traceId }: Visit, name: string, input: unknown): Promise<unknown> {
  return performOperation(deps.unit, { actor, via: 'upload', traceId }, name, input);
}

/** A browser shows an answer only once it has sent everything; what is too much, or nobody's, is cut off instead. */
async function readRest(request: Request, response: Response, atMost: number): Promise<void> {
  if (request.complete || request.destroyed) return;
  response.set('connection', 'close');
  if (Number(request.headers['content-length'] ?? Infinity) > atMost) return;
  request.resume();
  await finished(request).catch(() => undefined);
}
