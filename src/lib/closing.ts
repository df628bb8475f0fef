/** Giving back what was opened, in order: a step that fails keeps none of the others from being done. */

/** Runs every step after the one before it. @throws what the first failed step threw, once all are done. */
export async function closeInOrder(steps: Iterable<() => unknown>): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
