/** Giving memory back to the machine when there is nothing to do. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const LOOK_MS = 30_000;
/** Share of one core below which a process counts as quiet: polling its tables for work takes less. */
const QUIET_SHARE = 0.05;
/** Growth of the heap since the last time that makes it worth a tenth of a second. */
const WORTH_BYTES = 16 * 1_048_576;

/**
 * A heap that may grow to three times what is in use (`main.ts`) stays that large after a busy hour, because V8 looks at it
 * only when it has grown again. So it is collected once whenever a busy time is over.
 */
export function giveBackWhenQuiet(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  let cpu = process.cpuUsage();
  let kept = 0;
  setInterval(() => {
    const used = process.cpuUsage(cpu);
    cpu = process.cpuUsage();
    const isQuiet = (used.user + used.system) / 1000 < LOOK_MS * QUIET_SHARE;
    if (!isQuiet || process.memoryUsage().heapTotal < kept + WORTH_BYTES) return;
    collect();
    kept = process.memoryUsage().heapTotal;
  }, LOOK_MS).unref();
}
