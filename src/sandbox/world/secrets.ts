/**
 * What the look-alikes prove themselves with to our webhooks: made at random for each installation and kept beside their
 * memory. A secret that stands in the source would let anybody who reaches a webhook speak as anybody.
 */
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { createFile, makeFolder } from '../../lib/durable-file.ts';
import { newToken } from '../../lib/ids.ts';
import { parseJson } from '../kernel/values.ts';

const text = z.string().min(1);
const schema = z.object({
  wecom: z.object({ secret: text, token: text, encodingAesKey: z.string().regex(/^[A-Za-z0-9]{43}$/) }),
  slack: z.object({ botToken: text, signingSecret: text }),
  telegram: z.object({ token: text, webhookSecret: text }),
});

/** The secrets of the look-alikes, by platform. */
export type SandboxSecrets = z.output<typeof schema>;

/** Fresh ones. */
function newSecrets(): SandboxSecrets {
  return {
    wecom: { secret: newToken(), token: newToken(), encodingAesKey: newToken(43) },
    slack: { botToken: `xoxb-sandbox-${newToken()}`, signingSecret: newToken() },
    telegram: { token: newToken(35), webhookSecret: newToken() },
  };
}

/** The secrets kept in `<folder>/secrets.json`, which is made when it is missing or cannot be read as such. */
export async function sandboxSecrets(folder: string): Promise<SandboxSecrets> {
  const file = path.join(folder, 'secrets.json');
  const kept = await readSecrets(file);
  if (kept) return kept;
  await makeFolder(folder);
  await createFile(file, JSON.stringify(newSecrets())); // of two processes at once one makes it, both read it
  const made = await readSecrets(file);
  if (made) return made;
  await rm(file);
  return sandboxSecrets(folder);
}

async function readSecrets(file: string): Promise<SandboxSecrets | undefined> {
  const written = await readFile(file, 'utf8').catch(() => '');
  return schema.safeParse(parseJson(written)).data;
}
