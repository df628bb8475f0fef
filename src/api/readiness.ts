/** `/readyz`: what a process cannot do its work without. */
import { inTime } from '../lib/patience.ts';

/** What is looked at. */
export interface Needs {
  /** Names of the migrations the database lacks; rejects when it cannot be asked. */
  readonly pending: () => Promise<readonly string[]>;
  readonly isQueueUp: () => boolean;
  /** Whether our master keys are those of the installation. */
  readonly hasKeys: () => boolean;
  /** Whether the database has had disk, memory and connections for what was asked of it. */
  readonly hasResources: () => boolean;
}

/** A database that hangs is not ready; whoever asks gives up soon himself. */
const PATIENCE_MS = 3_000;

/** Gives what is missing, `[]` when ready: `database`, `migrations`, `queue`, `keys`, `resources`. */
export function createReadiness({
  pending,
  isQueueUp,
  hasKeys,
  hasResources,
}: Needs): () => Promise<readonly string[]> {
  // However many ask, one looks: a look is a connection of its own, and the address is open to everybody.
  let looking: Promise<readonly string[]> | undefined;
  const missing = async (): Promise<readonly string[]> => {
    looking ??= pending().finally(() => (looking = undefined));
    try {
      return (await inTime(looking, PATIENCE_MS)).length > 0 ? ['migrations'] : [];
    } catch {
      return ['database'];
    }
  };
  return async () => [
    ...(await missing()),
    ...(isQueueUp() ? [] : ['queue']),
    ...(hasKeys() ? [] : ['keys']),
    ...(hasResources() ? [] : ['resources']),
  ];
}
