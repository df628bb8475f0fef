import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { boltLogger } from '../../../../src/channels/slack/bolt-log.ts';

function capture(): { lines: string[]; logger: ReturnType<typeof boltLogger> } {
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  return { lines, logger: boltLogger(pino({ level: 'trace' }, sink)) };
}

test('what the library says at debug and info, request bodies included, is dropped', () => {
  const { lines, logger } = capture();

  logger.debug('http request body: {"text":"13800006612"}');
  logger.info('13800006612');

  expect(lines).toEqual([]);
});

test('warnings keep their words but no address and no object, cut to 200 characters', () => {
  const { lines, logger } = capture();

  logger.warn(
    'Failed to retrieve wss://wss-primary.slack.com/link/?ticket=secret now',
    { phone: '13800006612' },
    'y'.repeat(500),
  );
  logger.error(new Error('token xoxb-1 in https://hooks.slack.com/actions/T1/2/3'));

  const said = lines.map((line) => (JSON.parse(line) as { said: string }).said);
  expect(said[0]).toMatch(/^Failed to retrieve \[address\] now object y+$/);
  expect(said[0]?.length).toBe(200);
  expect(said[1]).toBe('Error');
});
