import { expect, test } from 'vitest';
import { readMessage } from '../../../../src/channels/telegram/updates.ts';
import { privateMessage } from '../../../fixtures/telegram/updates.ts';

const scope = {
  account: 'telegram:1000000001',
  self: { id: 1_000_000_001, name: undefined },
  now: new Date('2026-01-01T00:00:00Z'),
};
const photo = [{ file_id: 'p', file_unique_id: 'u', width: 90, height: 60, file_size: 1000 }];

test('photos of one album say that they came together; a single one says nothing', () => {
  expect(readMessage(privateMessage({ photo, media_group_id: '13579' }), scope)?.happening).toMatchObject({
    media: [{ id: 'p', album: '13579' }],
  });
  const alone = readMessage(privateMessage({ photo }), scope)?.happening;
  expect(alone).toMatchObject({ media: [{ id: 'p' }] });
  expect(JSON.stringify(alone)).not.toContain('album');
});
