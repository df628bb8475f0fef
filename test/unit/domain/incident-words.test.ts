/** Every kind of incident the code opens has words that say what to do, in both languages. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { CALLBACK_GAP } from '../../../src/jobs/callback-gap.ts';
import { CHANNEL_BROKEN } from '../../../src/jobs/broken-channel.ts';
import { QUEUE_LOST } from '../../../src/jobs/redis-watch.ts';
import { LANGUAGES, loadTexts } from '../../../src/lib/i18n.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
/** `effects.incident({ kind: '…'` and the codes with which a process stops. */
const OPENED = /incident\(\{\s*kind: '([\w.]+)'|#stop\('([\w.]+)'|alarm\(ctx, \w+, '([\w.]+)'/g;

test('an incident is never only a code', () => {
  const files = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const written = files.flatMap((name) =>
    [...readFileSync(path.join(ROOT, 'src', name), 'utf8').matchAll(OPENED)].map(([, a, b, c]) => a ?? b ?? c ?? ''),
  );
  const kinds = new Set([
    ...written,
    CALLBACK_GAP,
    CHANNEL_BROKEN,
    QUEUE_LOST,
    'outbox.failed',
    'outbox.unknown',
    'outbox.parked',
  ]);
  const texts = loadTexts(path.join(ROOT, 'locales'));

  expect(kinds.size).toBeGreaterThan(12);
  const wordless = [...kinds].filter((kind) => !LANGUAGES.every((language) => texts.has(language, `incident.${kind}`)));
  expect(wordless).toEqual([]);
});
