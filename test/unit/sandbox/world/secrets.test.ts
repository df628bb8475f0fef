/** The look-alikes' secrets: of this installation, kept, and nobody's else. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sandboxSecrets } from '../../../../src/sandbox/world/secrets.ts';

let place = '';
beforeEach(() => {
  place = mkdtempSync(path.join(tmpdir(), 'daiban-secrets-'));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

test('stay with an installation, are the same for all its processes, and differ from every other one’s', async () => {
  const [first, beside] = await Promise.all([sandboxSecrets(place), sandboxSecrets(place)]);
  const later = await sandboxSecrets(place);
  const elsewhere = await sandboxSecrets(path.join(place, 'elsewhere'));

  expect(beside).toEqual(first);
  expect(later).toEqual(first);
  for (const platform of ['wecom', 'slack', 'telegram'] as const)
    for (const [name, secret] of Object.entries(first[platform]))
      expect(secret, name).not.toBe(Object.entries(elsewhere[platform]).find(([same]) => same === name)?.[1]);
  expect((statSync(path.join(place, 'secrets.json')).mode & 0o777).toString(8)).toBe('600');
});

test('are made anew where the file is damaged', async () => {
  writeFileSync(path.join(place, 'secrets.json'), '{"wecom":');

  expect((await sandboxSecrets(place)).slack.botToken).toMatch(/^xoxb-sandbox-\w{26}$/);
});
