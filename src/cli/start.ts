/** `daiban start`: runs until a signal, then finishes what is under way. */
import { BusyPort } from '../api/listen.ts';
import { startApp } from '../app.ts';
import { errorText } from '../lib/errors.ts';
import { loadTexts } from '../lib/i18n.ts';
import { packageRoot } from '../config/env.ts';
import path from 'node:path';
import { EXIT_CONFIG, type Cli } from './index.ts';

const GRACE_MS = 20_000;

/** Starts and waits for the end; gives the exit code. */
export async function start(cli: Cli): Promise<number> {
  const { env } = cli;
  const texts = loadTexts(path.join(packageRoot, 'locales'));
  try {
    const app = await startApp({ env, version: cli.version, say: (line) => process.stderr.write(`${line}\n`) });
    if (env.sandbox && env.ROLES.includes('web')) cli.out(texts.translate('zh-CN', 'start.sandbox', { url: app.url }));
    if (env.ROLES.includes('web')) cli.out(texts.translate('zh-CN', 'start.api', { url: app.url }));
    cli.out(
      texts.translate('zh-CN', 'start.data', {
        folder: env.DATABASE_URL === undefined ? env.dataDir : `${env.dataDir} + DATABASE_URL`,
      }),
    );
    await stopSignal();
    const force = setTimeout(() => process.exit(1), GRACE_MS);
    await app.close();
    clearTimeout(force);
    return 0;
  } catch (error) {
    process.stderr.write(
      `✗ ${error instanceof BusyPort ? texts.translate('zh-CN', 'start.busy_port', { port: error.port }) : errorText(error)}\n`,
    );
    return error instanceof BusyPort ? EXIT_CONFIG : 1;
  }
}

async function stopSignal(): Promise<void> {
  // All timers of the app let the process go. A worker without a server would end, with code 13, in the moment in which the
  // database drops its connections: nothing else keeps it alive.
  const alive = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  clearInterval(alive);
}
