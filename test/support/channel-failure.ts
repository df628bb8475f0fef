/** What a channel throws, for tests of how it fails. */
import { ChannelError } from '../../src/channels/channel.ts';

/** What a page of something between us and a platform means, by its status: the same for all of them. */
export const GATEWAY = [
  [400, 'retry'],
  [401, 'retry'],
  [403, 'breaker'],
  [404, 'retry'],
  [405, 'retry'],
  [407, 'breaker'],
  [408, 'retry'],
  [413, 'retry'],
  [451, 'retry'],
] as const;

/** The error of a call that must fail with one; fails the test when it succeeds or throws anything else. */
export async function failureOf(work: Promise<unknown>): Promise<ChannelError> {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof ChannelError)) throw new Error(`expected a ChannelError, got ${String(error)}`);
  return error;
}
