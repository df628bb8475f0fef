/** Waiting for something that may hang, and not longer than the one who asked can wait. */

/** What did not come in time; whether it comes after all nobody knows. */
export class Late extends Error {}

/** What `work` gives. @throws Late when that takes longer than `ms`; the work itself goes on. */
export async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Late(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
