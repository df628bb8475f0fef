/** The built page: a handful of files, hashed names for ever, the document never cached. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Language, Texts } from '../../lib/i18n.ts';
import type { Answer } from '../kernel/http.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Nothing but our own files, no inline script or style, no framing. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

/** Serves what `vite build` wrote into `folder`. */
export class PageFiles {
  readonly #folder: string;
  readonly #texts: Texts;

  constructor(folder: string, texts: Texts) {
    this.#folder = folder;
    this.#texts = texts;
  }

  /** The page itself, or a short text that says how to build it. */
  async document(language: Language): Promise<Answer> {
    const body = await this.#read('index.html');
    if (body !== undefined)
      return {
        status: 200,
        headers: { ...HEADERS, 'content-type': TYPES['.html'] ?? '', 'cache-control': 'no-store' },
        body,
      };
    const headers = { ...HEADERS, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
    return { status: 503, headers, body: `${this.#texts.translate(language, 'sandbox.not_built')}\n` };
  }

  /** A file of the page by its name under `assets/`; `undefined` when there is none. */
  async asset(name: string): Promise<Answer | undefined> {
    const type = TYPES[path.extname(name)];
    if (type === undefined || !/^[\w][\w.-]*$/.test(name)) return undefined;
    const body = await this.#read(path.join('assets', name));
    if (body === undefined) return undefined;
    return {
      status: 200,
      headers: { ...HEADERS, 'content-type': type, 'cache-control': 'public, max-age=31536000, immutable' },
      body,
    };
  }

  async #read(name: string): Promise<Buffer | undefined> {
    try {
      return await readFile(path.join(this.#folder, name));
    } catch {
      return undefined;
    }
  }
}
