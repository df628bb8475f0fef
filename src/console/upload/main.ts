/**
 * What the upload page gains by a script: the chosen files by name and size, choosing more than once, progress. The page
 * works without it; the answer is the same HTML either way.
 */
import { judge, type Limits, type Problem } from './judge.ts';
import './style.css';

/** The page's words, from the server in the member's language; `{name}` is filled here. */
type Words = Readonly<Record<string, string>>;

interface Chosen {
  readonly file: File;
  /** Which of the page's words says why it will not be sent. */
  readonly problem: Problem | undefined;
}

function start(): void {
  const form = document.querySelector('form');
  if (form !== null) new UploadForm(form).open();
}

class UploadForm {
  readonly #form: HTMLFormElement;
  readonly #words: Words;
  readonly #limits: Limits;
  readonly #input: HTMLInputElement;
  readonly #list: HTMLElement;
  readonly #progress: HTMLElement;
  readonly #button: HTMLButtonElement;
  #files: File[] = [];

  constructor(form: HTMLFormElement) {
    this.#form = form;
    this.#words = JSON.parse(form.dataset['words'] ?? '{}') as Words;
    this.#limits = JSON.parse(form.dataset['limits'] ?? '') as Limits;
    this.#input = part(form, 'input[type=file]', HTMLInputElement);
    this.#list = part(form, '.files', HTMLElement);
    this.#progress = part(form, '.progress', HTMLElement);
    this.#button = part(form, 'button', HTMLButtonElement);
  }

  open(): void {
    this.#input.addEventListener('change', () => this.#add());
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#form.classList.add('scripted');
    this.#show();
  }

  /** Adds what was picked; the input is emptied, so that the same file can be picked again after it was removed. */
  #add(): void {
    const known = new Set(this.#files.map(keyOf));
    this.#files.push(...[...(this.#input.files ?? [])].filter((file) => !known.has(keyOf(file))));
    this.#input.value = '';
    this.#show();
  }

  #chosen(): readonly Chosen[] {
    return judge(this.#files, this.#limits);
  }

  #show(): void {
    const chosen = this.#chosen();
    this.#list.replaceChildren(...chosen.map((one) => this.#line(one)));
    const sent = chosen.filter(({ problem }) => problem === undefined);
    this.#button.disabled = sent.length === 0;
    this.#input.required = false;
    this.#tell(sent.length === 0 ? '' : this.#say('chosen', { count: sent.length, size: sizeOf(total(sent)) }));
    const pick = this.#input.nextElementSibling;
    if (pick !== null && this.#files.length > 0) pick.textContent = this.#say('more');
  }

  #line({ file, problem }: Chosen): HTMLElement {
    const name = element('span', file.name, 'name');
    const note = problem === undefined ? sizeOf(file.size) : `${sizeOf(file.size)} · ${this.#say(problem)}`;
    const remove = element('button', this.#say('remove'));
    remove.setAttribute('type', 'button');
    remove.setAttribute('aria-label', this.#say('remove_file', { name: file.name }));
    remove.addEventListener('click', () => {
      this.#files = this.#files.filter((other) => other !== file);
      this.#show();
    });
    const line = element('li', '', problem === undefined ? '' : 'bad');
    line.append(name, element('span', note, 'note'), remove);
    return line;
  }

  #send(): void {
    const chosen = this.#chosen().filter(({ problem }) => problem === undefined);
    if (chosen.length === 0 || this.#form.ariaBusy === 'true') return;
    const body = new FormData();
    body.append('caption', part(this.#form, '[name=caption]', HTMLInputElement).value);
    for (const { file } of chosen) body.append('files', file, file.name);
    this.#busy(true);
    const request = new XMLHttpRequest();
    request.upload.addEventListener('progress', (event) => this.#sent(event));
    request.addEventListener('load', () => this.#answered(request));
    for (const end of ['error', 'abort', 'timeout']) request.addEventListener(end, () => this.#failed());
    request.open('POST', location.pathname);
    request.send(body);
  }

  #sent({ loaded, total: whole }: ProgressEvent): void {
    if (whole === 0) return;
    const percent = Math.floor((loaded / whole) * 100);
    const blanks = { percent, sent: sizeOf(loaded), total: sizeOf(whole) };
    this.#tell(loaded < whole ? this.#say('sending', blanks) : this.#say('checking'));
    this.#progress.style.setProperty('--sent', `${String(percent)}%`);
  }

  /** The answer is a whole page; its content takes the place of ours. */
  #answered(request: XMLHttpRequest): void {
    const main = new DOMParser().parseFromString(request.responseText, 'text/html').querySelector('main');
    if (main === null) {
      this.#failed();
      return;
    }
    document.querySelector('main')?.replaceWith(main);
    scrollTo(0, 0);
    start();
  }

  #failed(): void {
    this.#busy(false);
    this.#tell(this.#say('failed'));
    this.#progress.classList.add('bad');
  }

  #busy(isBusy: boolean): void {
    this.#form.ariaBusy = String(isBusy);
    this.#button.disabled = isBusy;
    this.#input.disabled = isBusy;
    for (const button of this.#list.querySelectorAll('button')) button.disabled = isBusy;
    this.#progress.classList.toggle('running', isBusy);
    this.#progress.classList.remove('bad');
  }

  #tell(text: string): void {
    this.#progress.hidden = text === '';
    this.#progress.textContent = text;
  }

  #say(key: string, blanks: Readonly<Record<string, string | number>> = {}): string {
    return (this.#words[key] ?? '').replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(blanks[name] ?? whole));
  }
}

function part<T extends Element>(form: HTMLFormElement, selector: string, kind: new () => T): T {
  const found = form.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`the form has no ${selector}`);
  return found;
}

function element(tag: string, text: string, className = ''): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className !== '') made.className = className;
  return made;
}

function keyOf(file: File): string {
  return `${file.name}\n${String(file.size)}\n${String(file.lastModified)}`;
}

function total(chosen: readonly Chosen[]): number {
  return chosen.reduce((sum, { file }) => sum + file.size, 0);
}

function sizeOf(bytes: number): string {
  if (bytes < 1_048_576) return `${String(Math.max(1, Math.round(bytes / 1024)))} KB`;
  return `${(bytes / 1_048_576).toFixed(1)} MB`;
}

start();
