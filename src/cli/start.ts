/** `daiban start`: runs until a signal, then finishes what is under way. */
import { startApp, type RunningApp } from '../app.ts';
import { configuredChannels } from '../base.ts';
import { packageRoot, type Env } from '../config/env.ts';
import { loadTexts, type Texts } from '../lib/i18n.ts';
import path from 'node:path';
import { exitCodeOf, failureOf, printFailure } from './failure.ts';
import type { Cli } from './index.ts';

const GRACE_MS = 20_000;

/** Starts and waits for the end; gives the exit code. */
export async function start(cli: Cli): Promise<number> {
  const { env } = cli;
  const texts = loadTexts(path.join(packageRoot, 'locales'));
  // Heard from here on: a signal in the middle of the start ends it in order too, or the embedded database would stay behind.
  const stop = listenForStop();
  try {
    if (isBare(env)) warn(texts.translate(env.language, 'start.no_sandbox'));
    const app = await startApp({ env, version: cli.version, say: warn });
    for (const line of places(env, app, texts)) cli.out(line);
    await until(stop.came);
    await app.close();
    return 0;
  } catch (error) {
    printFailure(failureOf(error, env.language, env), cli.json);
    return exitCodeOf(error);
  } finally {
    stop.forget();
  }
}

function warn(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Nobody can write to it: no channel is configured, and the look-alikes are for this machine only. */
function isBare(env: Env): boolean {
  return env.SANDBOX === 'auto' && !env.sandbox && Object.keys(configuredChannels(env)).length === 0;
}

/**
 * Three lines: where one plays (this machine only, whatever the world calls us), where programs ask, where the data lives and
 * with it the key, if it is a file.
 */
export function places(env: Env, { url, ownUrl }: Pick<RunningApp, 'url' | 'ownUrl'>, texts: Texts): readonly string[] {
  const say = (name: string, params: Readonly<Record<string, string>>): string =>
    texts.translate(env.language, `start.${name}`, params);
  const isWeb = env.ROLES.includes('web');
  const folder = env.DATABASE_URL === undefined ? env.dataDir : `${env.dataDir} + DATABASE_URL`;
  return [
    ...(env.sandbox && isWeb ? [say('sandbox', { url: ownUrl })] : []),
    ...(isWeb ? [say('api', { url })] : []),
    say(env.MASTER_KEY ? 'data' : 'data_and_key', { folder }),
  ];
}

interface Stop {
  readonly came: Promise<void>;
  /** The end has come in order; nothing has to be forced, and nobody listens any more. */
  forget(): void;
}

/** Hears the first signal, and ends the process by force when that takes too long. The same signal once more ends it at once. */
function listenForStop(): Stop {
  let force: NodeJS.Timeout | undefined;
  let hear: () => void = () => undefined;
  const came = new Promise<void>((resolve) => {
    hear = () => {
      force ??= setTimeout(() => process.exit(1), GRACE_MS);
      resolve();
    };
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, hear);
  return {
    came,
    forget: () => {
      clearTimeout(force);
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, hear);
    },
  };
}

async function until(came: Promise<void>): Promise<void> {
  // All timers of the app let the process go. A worker without a server would end, with code 13, in the moment in which the
  // database drops its connections: nothing else keeps it alive.
  const alive = setInterval(() => undefined, 60_000);
  await came;
  clearInterval(alive);
}
