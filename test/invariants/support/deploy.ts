/** A newer release's texts beside the running product. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LANGUAGES, loadTexts, type Language } from '../../../src/lib/i18n.ts';
import type { Company } from './company.ts';

const LOCALES = path.resolve(import.meta.dirname, '../../../locales');

/**
 * What a deployment does to the texts: from now on the product has these in the place of those of `flows.yaml`.
 * @throws Error for words that do not stand there
 */
export async function deployTexts(
  company: Company,
  changes: Readonly<Record<Language, readonly (readonly [before: string, after: string])[]>>,
): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'daiban-texts-'));
  await cp(LOCALES, folder, { recursive: true });
  for (const language of LANGUAGES) {
    const file = path.join(folder, language, 'flows.yaml');
    let text = await readFile(file, 'utf8');
    for (const [before, after] of changes[language]) {
      if (!text.includes(before)) throw new Error(`${language}/flows.yaml does not say ${before}`);
      text = text.replaceAll(before, after);
    }
    await writeFile(file, text);
  }
  Object.assign(company.base.services, { texts: loadTexts(folder) });
  await rm(folder, { recursive: true });
}
