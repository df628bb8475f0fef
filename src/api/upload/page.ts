/** What the upload page shows: the form, what became of the files, or why there is nothing to send. */
import { MAX_FILE_BYTES, MAX_UPLOAD_FILES, MIN_FILE_BYTES, REFUSED_UNSEEN } from '../../domain/documents/index.ts';
import type { Language, Params, Texts } from '../../lib/i18n.ts';
import { markup, type Markup } from './markup.ts';

const MEGABYTES = MAX_FILE_BYTES / 1_048_576;
/** What the file picker offers; the bytes decide. */
const PICKED = '.pdf,.jpg,.jpeg,.png,.webp,.heic,.heif,application/pdf,image/*';
/** What the script refuses as soon as it is chosen. */
const LIMITS = JSON.stringify({
  files: MAX_UPLOAD_FILES,
  most: MAX_FILE_BYTES,
  least: MIN_FILE_BYTES,
  ...REFUSED_UNSEEN,
});
const NOTHING: Markup = { html: '' };

/** Words of the page in the member's language. */
export class UploadPage {
  readonly #texts: Texts;
  readonly #language: Language;

  constructor(texts: Texts, language: Language) {
    this.#texts = texts;
    this.#language = language;
  }

  /** A whole page from the built one: language, title and content put in. */
  fill(built: string, content: Markup): string {
    return built
      .replace(/<html lang="[^"]*"/, () => `<html lang="${this.#language}"`)
      .replace(/<title>[^<]*<\/title>/, () => markup`<title>${this.#say('page.title')}</title>`.html)
      .replace('<main></main>', () => `<main>${content.html}</main>`);
  }

  /** The form; `above` is what became of an earlier try. */
  form(view: FormView, above: Markup = NOTHING): Markup {
    return markup`${this.#head(view)}${above}${this.#missing(view.missing)}
<form method="post" enctype="multipart/form-data" data-limits="${LIMITS}" data-words="${this.#scriptWords()}">
<label class="pick"><input type="file" name="files" multiple required accept="${PICKED}"><span>${this.#say('page.choose')}</span></label>
<p class="soft">${this.#say('page.rules')}</p>
<ul class="files" aria-live="polite"></ul>
<label class="caption"><span>${this.#say('page.caption')}</span><input name="caption" maxlength="100" autocomplete="off" placeholder="${this.#say('page.caption_example')}" aria-describedby="caption-hint"></label>
<p class="soft" id="caption-hint">${this.#say('page.caption_hint')}</p>
<p class="progress" role="status" hidden></p>
<button type="submit">${this.#say('page.send')}</button>
</form>
<p class="soft">${this.#say('page.until', { time: view.until })}</p>`;
  }

  /** What was taken and what was not, after a submission that took something. */
  outcome(view: FormView, taken: readonly string[], refused: readonly RefusedFile[]): Markup {
    return markup`${this.#head(view)}
<section class="taken" role="status"><h2>${this.#say('page.received', { count: taken.length })}</h2><ul>${taken.map((name) => markup`<li>${name}</li>`)}</ul></section>
${refused.length === 0 ? NOTHING : markup`${this.refusals(refused)}<p>${this.#say('page.again', { number: view.number })}</p>`}
<p>${this.#say('page.next')}</p>`;
  }

  /** What was not taken, each with its reason. */
  refusals(refused: readonly RefusedFile[]): Markup {
    const lines = refused.map(
      ({ name, reason }) => markup`<li>${name}<br><span>${this.#say(`reason.${reason}`)}</span></li>`,
    );
    return markup`<section class="refused" role="alert"><h2>${this.#say('page.refused', { count: refused.length })}</h2><ul>${lines}</ul></section>`;
  }

  /** Above the form after a try that took nothing; the link still holds. */
  nothingTaken(refused: readonly RefusedFile[]): Markup {
    if (refused.length === 0) return this.notice('nothing_chosen');
    return markup`${this.refusals(refused)}${this.notice('retry')}`;
  }

  /** A sentence above the form. */
  notice(key: 'nothing_chosen' | 'broken' | 'too_large' | 'retry'): Markup {
    return markup`<p class="notice" role="alert">${this.#say(`page.${key}`)}</p>`;
  }

  /** Where `npm run build` has not run. */
  notBuilt(): string {
    return `${this.#say('page.not_built')}\n`;
  }

  /** A refusal of the whole page: what has happened and what to do. */
  refusal(code: string, params: Params): Markup {
    const text = (part: string): string => this.#texts.translate(this.#language, `error.${code}.${part}`, params);
    return markup`<section><h1>${text('title')}</h1><p>${text('help')}</p></section>`;
  }

  #head(view: FormView): Markup {
    const whose = { number: view.number, name: view.name };
    return markup`<header><h1>${this.#say('page.title')}</h1><p>${this.#say('page.for', whose)}</p></header>`;
  }

  #missing(missing: readonly string[]): Markup {
    if (missing.length === 0) return markup`<p class="missing">${this.#say('page.complete')}</p>`;
    const items = missing.map((name) => markup`<li>${name}</li>`);
    return markup`<section class="missing"><h2>${this.#say('page.missing')}</h2><ul>${items}</ul></section>`;
  }

  #say(key: string, params: Params = {}): string {
    const limits = { files: MAX_UPLOAD_FILES, megabytes: MEGABYTES };
    return this.#texts.translate(this.#language, `upload.${key}`, { ...limits, ...params });
  }

  /** As written: the script fills the braces. */
  #scriptWords(): string {
    const prefix = 'upload.script.';
    const words = Object.entries(this.#texts.messages(this.#language)).filter(([key]) => key.startsWith(prefix));
    return JSON.stringify(Object.fromEntries(words.map(([key, text]) => [key.slice(prefix.length), text])));
  }
}

/** Whose file it is and until when the link holds. */
export interface FormView {
  readonly number: string;
  readonly name: string;
  readonly missing: readonly string[];
  /** On the company's clock, `14:30`. */
  readonly until: string;
}

/** A file that was not taken; the reason is a text of `upload.reason`. */
export interface RefusedFile {
  readonly name: string;
  readonly reason: string;
}
