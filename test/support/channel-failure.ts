/** What a channel throws, for tests of how it fails. */
import { ChannelError } from '../../src/channels/channel.ts';

/** The error of a call that must fail with one; fails the test when it succeeds or throws anything else. */
export async function failureOf(work: Promise<unknown>): Promise<ChannelError> {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof ChannelError)) throw new Error(`expected a ChannelError, got ${String(error)}`);
  return error;
}
