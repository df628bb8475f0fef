/** The chaos run in its short form (`npm run chaos` is the long one): real processes, killed where it hurts most. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useDatabase } from '../support/database.ts';
import { CANARY, Office } from './support/office.ts';
import { Fleet } from './support/fleet.ts';

const db = useDatabase();
let office: Office;

beforeAll(async () => {
  await Fleet.build();
  office = await Office.open({ databaseUrl: db.url });
}, 90_000);
afterAll(async () => office.close(), 60_000);

describe('an office under fire', () => {
  test('a smoke', async () => {
    await Promise.all([office.newLead('xiaolin', CANARY.phone, CANARY.name), office.newLead('xiaohe', '13800400002'), office.sayAsCustomer('90010001', '你好')]);
    await office.quiet();
    for (const one of office.platforms.sent) console.log(one.platform, one.chat, one.text.slice(0, 150), one.buttons, one.isDropped);
    expect(await office.findings()).toEqual([]);
  }, 60_000);
});
