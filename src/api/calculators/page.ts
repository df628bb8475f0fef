/** The page `/console/calculators`: the files `vite build` wrote, its words, and in the sandbox the arithmetic without a token. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import express, { Router } from 'express';
import { AppError, commonErrors } from '../../lib/errors.ts';
import { isLanguage, type Texts } from '../../lib/i18n.ts';
import { languageOf } from '../problem.ts';

// src/api/calculators and dist/api/calculators lie equally deep under the package.
const BUILT = path.resolve(import.meta.dirname, '../../../dist/web/calculators');

/** How the page is served. */
export interface PageSettings {
  /** Whether it may calculate without a token: in the sandbox only, which listens on this machine alone. */
  readonly isOpen: boolean;
  /** Where the built page lies; `dist/web/calculators` of the package by default. */
  readonly folder?: string;
}

/** Routes of the page; `open` answers below `api` without a token. */
export function calculatorPage(texts: Texts, settings: PageSettings, open: Router | undefined): Router {
  const folder = settings.folder ?? BUILT;
  const router = Router();
  router.get('/', (request, response) => {
    response.set('cache-control', 'no-store');
    if (existsSync(path.join(folder, 'index.html')))
      response.sendFile('index.html', { root: folder, cacheControl: false });
    else
      response
        .status(503)
        .type('text/plain')
        .send(`${texts.translate(languageOf(request), 'calculators-page.not_built')}\n`);
  });
  // Names carry a hash of the content, so they never change under one name.
  router.use('/assets', express.static(path.join(folder, 'assets'), { immutable: true, maxAge: '1y', index: false }));
  router.get('/settings', (_request, response) => {
    response.set('cache-control', 'no-store').json({ isOpen: settings.isOpen });
  });
  router.get('/texts/:language', (request, response) => {
    const { language } = request.params;
    if (!isLanguage(language)) throw new AppError(commonErrors['resource.not_found']);
    response.set('cache-control', 'no-cache').json(pageTexts(texts.messages(language)));
  });
  if (open) router.use('/api', open);
  else
    router.use('/api', () => {
      throw new AppError(commonErrors['auth.missing']);
    });
  return router;
}

const AREAS = ['calculators-page.', 'calculators.warning.'];

/** The page's messages as written; it fills the places in braces itself. */
function pageTexts(messages: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(messages).filter(([key]) => AREAS.some((area) => key.startsWith(area))));
}
