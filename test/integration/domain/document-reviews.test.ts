/** Who hears that a document cannot be used: whoever looks after the customer, with the reason, once. */
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { jpegFile } from '../../support/files.ts';

const company = useCompany();
const { wecom } = company.channels;
let lin: StaffActor;
let qian: StaffActor;
let files = 0;
let document = '';
let number = '';

beforeAll(async () => {
  lin = await company.addStaff('小林', ['sales', 'reviewer'], { wecom: 'xiaolin' });
  qian = await company.addStaff('小钱', ['reviewer'], { wecom: 'xiaoqian' });
});

beforeEach(async () => {
  files += 1;
  const facts = { name: '何晓燕', phone: String(13_800_700_000 + files), amount: '100000.00', term: 12 };
  const lead = (await company.call(lin, 'lead.capture', { facts })) as { customerId: string; leadNumber: string };
  number = lead.leadNumber;
  document = await filed(lead.customerId);
  await company.drain();
  wecom.sent.length = 0;
});

async function filed(customerId: string): Promise<string> {
  const { database, services, parts } = company.base;
  const stored = await parts.intake(database, services).store({
    customerId,
    bytes: jpegFile(`review ${files}`),
    name: '',
    mime: 'image/jpeg',
    now: await company.now(),
  });
  const media = { ...stored, caption: '流水' };
  return ((await company.call(lin, 'document.receive', { media })) as { document: string }).document;
}

async function review(reviewer: StaffActor, state: string, reason?: string): Promise<readonly string[]> {
  await company.call(reviewer, 'document.review', { document, state, ...(reason === undefined ? {} : { reason }) });
  await company.drain();
  return wecom.said('xiaolin');
}

test('the adviser reads which document of whom, what is wrong with it and why, without the names and numbers in it', async () => {
  expect(await review(qian, 'UNCLEAR', '何晓燕 13800138000 的边角被裁掉')).toEqual([
    `${number} 何** 的「近6个月银行流水」审核为「不清晰」：何** 138****8000 的边角被裁掉。请让客户重新发来。`,
  ]);
  expect(wecom.said('xiaoqian')).toEqual([]);
});

test('in his language, and without a reason where none is given', async () => {
  await company.call(lin, 'staff.setLanguage', { language: 'en' });

  expect(await review(qian, 'EXPIRED')).toEqual([
    `${number} 何**: “Bank statements of the last 6 months” was reviewed as “expired”. Please ask the customer to send it again.`,
  ]);
});

test('once for each state; of what can be used he hears nothing, nor of what he has looked at himself', async () => {
  await review(qian, 'MISMATCH', '是别人的');
  expect(await review(qian, 'MISMATCH', '是别人的')).toHaveLength(1);
  expect(await review(qian, 'ACCEPTED')).toHaveLength(1);
  expect(await review(lin, 'UNCLEAR')).toHaveLength(1);
});
