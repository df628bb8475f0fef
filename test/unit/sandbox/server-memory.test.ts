/** What the sandbox remembers of the phones when it is stopped, or killed, and started again. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { actionCard, HE, LIN, QIAN, sendWecom, startPlayground } from './server-support.ts';

describe('a sandbox that was stopped and started again', () => {
  test('still shows the talks, takes presses of old cards, and gives no id twice', async () => {
    const first = await startPlayground();
    await first.call('POST', `${LIN}/say`, { text: '新客户 何女士' });
    const sent = await sendWecom(first, actionCard('task-9'));
    await first.call('POST', `${QIAN}/say`, { text: '待办' });
    await first.call('POST', `${HE}/start`, { payload: 'abc123' });
    await first.call('POST', `${HE}/file`, {
      name: '身份证.png',
      mime: 'image/png',
      base64: Buffer.alloc(2_000, 5).toString('base64'),
    });
    const photo = JSON.parse(first.delivered.at(-1)?.body ?? '');
    await first.call('POST', `${HE}/block`);
    const screens = await Promise.all([LIN, QIAN, HE].map((at) => first.call('GET', at)));
    await first.close(true);

    const second = await startPlayground({ dataDir: first.folder });
    const again = await Promise.all([LIN, QIAN, HE].map((at) => second.call('GET', at)));
    expect(again.map(({ json }) => json)).toEqual(screens.map(({ json }) => json));

    await second.call('POST', `${LIN}/tap`, { message: sent.json.msgid, key: 'abcd:1:approve' });
    expect(second.delivered.at(-1)?.body).toContain('abcd:1:approve');
    const botToken = second.settings.telegram?.botToken;
    const { json } = await second.call(
      'GET',
      `/sandbox/telegram/bot${botToken}/getFile?file_id=${photo.message.photo.at(-1).file_id}`,
    );
    const bytes = await fetch(`${second.base}/sandbox/telegram/file/bot${botToken}/${json.result.file_path}`);
    expect(Buffer.from(await bytes.arrayBuffer()).equals(Buffer.alloc(2_000, 5))).toBe(true);

    await second.call('POST', `${HE}/unblock`);
    await second.call('POST', `${HE}/say`, { text: '在吗' });
    expect(JSON.parse(second.delivered.at(-1)?.body ?? '').update_id).toBeGreaterThan(photo.update_id);
    const told = await second.call('POST', `${QIAN}/say`, { text: '还在' });
    const stamps = told.json.messages.map(({ id }: { id: string }) => Number(id));
    expect(stamps).toEqual(stamps.toSorted((a: number, b: number) => a - b));
    await second.close();
  });

  test('what was shown survives a kill without farewell', async () => {
    const first = await startPlayground();
    await first.call('POST', `${LIN}/say`, { text: '我的客户' });
    const written = path.join(first.folder, 'sandbox', 'state.bin');
    const { existsSync, statSync } = await import('node:fs');
    await expect.poll(() => existsSync(written) && (statSync(written).mode & 0o777).toString(8)).toBe('600');
    const second = await startPlayground({ dataDir: first.folder });

    expect((await second.call('GET', LIN)).json.messages.map(({ text }: { text: string }) => text)).toContain(
      '我的客户',
    );
    await second.close(true);
    await first.close();
  });

  test('a memory that cannot be read is put aside and the sandbox starts fresh', async () => {
    const first = await startPlayground();
    await first.call('POST', `${LIN}/say`, { text: '我的客户' });
    await first.close(true);
    writeFileSync(path.join(first.folder, 'sandbox', 'state.bin'), 'not a memory');

    const second = await startPlayground({ dataDir: first.folder });
    const { existsSync } = await import('node:fs');
    expect((await second.call('GET', LIN)).json.messages).toEqual([]);
    expect(existsSync(path.join(first.folder, 'sandbox', 'state.bin.broken'))).toBe(true);
    await second.close();
  });
});
