/** What others have written reaches people without characters that hide or turn round the words beside them. */
import { expect, test } from 'vitest';
import { useCompany } from '../../invariants/support/company.ts';

const company = useCompany();

test('a reason with marks nobody sees is told without them; its lines stay', async () => {
  const sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  await company.drain();
  const { wecom } = company.channels;
  wecom.sent.length = 0;
  const params = { name: '\u202E何**\u200B', number: 'K305', followed: '', source: '官网\u001B[31m\r\n第二行' };

  await company.call({ kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' }, 'staff.notify', {
    staffId: sales.id,
    text: 'lead.assigned',
    params,
  });
  await company.drain();

  const [said = ''] = wecom.said('xiaolin');
  expect(said).toContain('何**');
  expect(said).toContain('官网[31m\n第二行');
  for (const unseen of ['\u202E', '\u200B', '\u001B', '\r']) expect(said).not.toContain(unseen);
});
