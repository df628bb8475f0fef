/** Giving memory back to the machine when there is nothing to do. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How often it is looked whether the process is quiet. */
export const LOOK_MS = 30_000;
/** Share of one core below which a process counts as quiet: polling its tables for work takes less. */
const QUIET_SHARE = 0.05;
/** Growth of the heap since the last time that makes it worth a tenth of a second. */
const WORTH_BYTES = 16 * 1_048_576;

/**
 * A heap that may grow to three times what is in use (`main.ts`) stays that large after a busy hour, because V8 looks at it
 * only when it has grown again. So it is collected once whenever a busy time is over.
 * @param collect Collects all garbage; V8's own unless a test brings another.
 */
export function giveBackWhenQuiet(collect: () => void = garbageCollector()): NodeJS.Timeout {
  let before = process.cpuUsage();
  let kept = 0;
  const look = (): void => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    const isQuiet = (user + system) / 1000 < LOOK_MS * QUIET_SHARE;
    if (!isQuiet || process.memoryUsage().heapTotal < kept + WORTH_BYTES) return;
    collect();
    kept = process.memoryUsage().heapTotal;
  };
  return setInterval(look, LOOK_MS).unref();
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
