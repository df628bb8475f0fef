/** Verbs for products: what is on offer, an example to start from, publishing a file, taking one off the offer. */
import { Document } from 'yaml';
import { z } from 'zod';
import type { Base } from '../base.ts';
import { inUnit } from '../core/unit/unit.ts';
import { DEMO_PRODUCTS } from '../demo-products.ts';
import { AppError, commonErrors } from '../lib/errors.ts';
import { groupedYuan } from '../lib/i18n.ts';
import { parseYuan } from '../lib/money.ts';
import { percentOf } from '../lib/rate.ts';
import { parseYamlFile, type FileResult } from '../lib/yaml-file.ts';
import { administrator, perform, show, withBase } from './admin.ts';
import type { Cli } from './index.ts';
import { readText } from './text-file.ts';

interface OnOffer {
  readonly code: string;
  readonly version: number;
  readonly name: string;
  readonly terms: {
    readonly annualRate: string;
    readonly minAmount: string;
    readonly maxAmount: string;
    readonly termMonths: readonly number[];
  };
}

/** `daiban products list`: what is on offer. */
export async function listProducts(cli: Cli): Promise<number> {
  return withBase(cli, async (base) => {
    const { items } = (await perform(base, 'product.list', {})) as { readonly items: readonly OnOffer[] };
    const lines = items.map(({ terms, ...one }) =>
      say(base, 'line', {
        ...one,
        from: grouped(terms.minAmount),
        to: grouped(terms.maxAmount),
        terms: terms.termMonths.join('/'),
        percent: percentOf(terms.annualRate),
      }),
    );
    show(cli, { items }, lines.length === 0 ? say(base, 'none') : lines.join('\n'));
    return 0;
  });
}

/** Prints the demo company's products as a file to be changed and published. */
export async function exampleProducts(cli: Cli): Promise<number> {
  return withBase(cli, async (base) => {
    const file = new Document(DEMO_PRODUCTS, { aliasDuplicateObjects: false });
    file.commentBefore = say(base, 'example')
      .trimEnd()
      .split('\n')
      .map((line) => ` ${line}`)
      .join('\n');
    show(cli, { items: DEMO_PRODUCTS }, file.toString({ lineWidth: 120 }).trimEnd());
    return 0;
  });
}

/**
 * Publishes every product of a YAML or JSON file that says something new: all of them in one commit, so with one fault in
 * the file nothing is published.
 */
export async function publishProducts(cli: Cli, file: string): Promise<number> {
  return withBase(cli, async (base) => {
    const before = new Map((await onOffer(base)).map(({ code, version }) => [code, version]));
    const read = readProducts(base, file);
    const published = await inUnit(base.unit, async (unit) => {
      const turn = unit.turn(administrator(base));
      const done: { readonly code: string; readonly version: number; readonly isNew: boolean }[] = [];
      for (const [index, product] of read.value.entries()) {
        const { version } = (await turn.run('product.publish', product).catch((error: unknown) => {
          throw placedIn(file, index, read, error);
        })) as { readonly version: number };
        done.push({ code: product.code, version, isNew: before.get(product.code) !== version });
      }
      return done;
    });
    const lines = published.map(({ isNew, ...one }) => say(base, isNew ? 'published' : 'unchanged', one));
    show(cli, { items: published }, lines.join('\n'));
    return 0;
  });
}

/** `daiban products retire`: takes a product off the offer; running cases keep it. */
export async function retireProduct(cli: Cli, code: string): Promise<number> {
  return withBase(cli, async (base) => {
    const done = await perform(base, 'product.retire', { code });
    show(cli, done, say(base, 'retired', { code }));
    return 0;
  });
}

function grouped(yuan: string): string {
  return groupedYuan(parseYuan(yuan) ?? 0n);
}

async function onOffer(base: Base): Promise<readonly OnOffer[]> {
  return ((await perform(base, 'product.list', {})) as { readonly items: readonly OnOffer[] }).items;
}

type Named = Readonly<Record<string, unknown>> & { readonly code: string };

type Read<T> = Extract<FileResult<T>, { readonly ok: true }>;

/** @throws AppError `file.unreadable`, `request.invalid` with the line of every fault */
function readProducts(base: Base, file: string): Read<readonly Named[]> {
  const { input } = base.registry.get('product.publish');
  const result = parseYamlFile(readText(file), z.array(input).min(1), base.env.language);
  if (result.ok) return result as Read<readonly Named[]>;
  throw new AppError(commonErrors['request.invalid'], {
    faults: result.faults.map(({ line, path, message }) => ({
      pointer: `${file}:${line} ${path}`.trimEnd(),
      code: 'invalid',
      message,
    })),
  });
}

/** What refuses one product of a file, with the line of every fault. */
function placedIn(file: string, index: number, read: Read<unknown>, error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'request.invalid') return error;
  const faults = error.faults.map(({ pointer, ...fault }) => {
    const steps = pointer.split('/').slice(1);
    const path = [index, ...steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step))];
    return { ...fault, pointer: `${file}:${read.lineOf(path)} ${path.join('.')}` };
  });
  return new AppError(commonErrors['request.invalid'], { faults });
}

function say(base: Base, key: string, params: Readonly<Record<string, string | number>> = {}): string {
  return base.services.texts.translate(base.env.language, `cli.products.${key}`, params);
}
