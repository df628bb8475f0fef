/** The one-time upload page of members of staff on WeCom, from the link in the chat to the files under the checklist. */
import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import express from 'express';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { problemHandler } from '../../../src/api/problem.ts';
import { mountUploadPage, type StoreFile } from '../../../src/api/upload/index.ts';
import { MAX_FILE_BYTES } from '../../../src/domain/documents/index.ts';
import { useCompany, type StaffActor } from '../../invariants/support/company.ts';
import { exeFile, jpegFile, pdfFile } from '../../support/files.ts';

const company = useCompany();
const folder = mkdtempSync(path.join(tmpdir(), 'daiban-upload-'));
const logged: string[] = [];
let server: Server;
let url: string;
let lin: StaffActor;
let number: string;
let made = 0;
/** What stands in for the store in one test. */
let storeInstead: StoreFile | undefined;

beforeAll(async () => {
  writeFileSync(path.join(folder, 'index.html'), '<html lang="zh-CN"><title>-</title><main></main></html>');
  lin = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  const app = express();
  app.use((_request, response, next) => {
    response.locals['traceId'] = 'trace-of-the-test';
    next();
  });
  const { unit, parts, database, services } = company.base;
  const intake = parts.intake(database, services);
  const log = pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) });
  mountUploadPage(app, {
    unit,
    store: async (file) => (storeInstead ?? intake.store.bind(intake))(file),
    log,
    folder,
  });
  app.use(problemHandler(services.texts, log));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  url = `http://127.0.0.1:${address.port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  made += 1;
  const facts = { name: '何女士', phone: `1380001${String(1000 + made)}`, amount: '100000.00', term: 12 };
  number = ((await company.call(lin, 'lead.capture', { facts })) as { leadNumber: string }).leadNumber;
  await company.drain();
  company.channels.wecom.sent.length = 0;
  storeInstead = undefined;
});

/** Asks in the chat, as the member would; the link's path. */
async function ask(words = `上传 ${number}`): Promise<string> {
  await company.say(company.channels.wecom, 'xiaolin', words);
  await company.drain();
  return newestLink();
}

function newestLink(): string {
  const found = company.channels.wecom.said('xiaolin').findLast((text) => text.includes('/upload/'));
  return new URL(/https:\/\/daiban\.test\S+/.exec(found ?? '')?.[0] ?? 'none:').pathname;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
}

async function open(link: string): Promise<Answer> {
  const response = await fetch(url + link);
  return { status: response.status, headers: response.headers, html: await response.text() };
}

async function send(link: string, files: Readonly<Record<string, Buffer>>, caption = ''): Promise<Answer> {
  const body = new FormData();
  body.append('caption', caption);
  for (const [name, bytes] of Object.entries(files)) body.append('files', new Blob([new Uint8Array(bytes)]), name);
  const response = await fetch(url + link, { method: 'POST', body });
  return { status: response.status, headers: response.headers, html: await response.text() };
}

async function filed(): Promise<Readonly<Record<string, number>>> {
  const list = (await company.call(lin, 'document.list', { customer: number })) as {
    readonly items: readonly { readonly item: string; readonly pages: readonly unknown[] }[];
  };
  return Object.fromEntries(
    list.items.filter((one) => one.pages.length > 0).map((one) => [one.item, one.pages.length]),
  );
}

const said = (): string => company.channels.wecom.said('xiaolin').join('\n');
const secretOf = (link: string): string => link.split('/').at(-1) ?? '';

describe('an upload page', () => {
  test('is offered in the chat, for one customer, half an hour and one submission', async () => {
    const link = await ask();

    expect(link).toMatch(/^\/upload\/[0-9a-z]{32}$/);
    expect(said()).toContain(`${number} 的上传页面`);
    expect(said()).toContain('30 分钟内有效，只能提交一次');
    const { status, html } = await open(link);
    expect(status).toBe(200);
    expect(html).toContain('<html lang="zh-CN">');
    expect(html).toContain(`${number} · 何`);
    expect(html).not.toContain('何女士');
    expect(html).toContain('身份证');
  });

  test('is for nobody else’s eyes: not cached, not indexed, not framed, no referrer, nothing from elsewhere', async () => {
    const { headers } = await open(await ask());

    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-robots-tag')).toContain('noindex');
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
  });

  test('takes PDFs and photos: they are filed in order, told in the chat, and stand on the customer’s timeline', async () => {
    const answer = await send(await ask(), { '银行流水.pdf': pdfFile('a'), '身份证正面.jpg': jpegFile('b') });

    expect(answer.status).toBe(200);
    expect(answer.html).toContain('已收到 2 份');
    await company.drain();
    expect(await filed()).toEqual({ D01: 1, D07: 1 });
    const words = company.channels.wecom.said('xiaolin').slice(1);
    expect(words[0]).toContain('上传页收到 2 份');
    expect(words[1]).toMatch(/^收到 2 份（K\d+），已归到「身份证（正反面）、近6个月银行流水」。还差 2 项：/);
    const customer = (await company.call(lin, 'customer.get', { id: number })) as { readonly id: string };
    const { items } = (await company.call(lin, 'timeline.read', { id: customer.id })) as {
      readonly items: readonly {
        readonly kind: string;
        readonly direction: string;
        readonly media: readonly unknown[];
      }[];
    };
    expect(items.filter((one) => one.kind === 'file')).toEqual([
      expect.objectContaining({ direction: 'in', media: [expect.anything(), expect.anything()] }),
    ]);
  });

  test('offers the next page while something is missing', async () => {
    const first = await ask();
    await send(first, { '身份证.jpg': jpegFile('c') });
    await company.drain();

    expect(said()).toMatch(new RegExp(`还差 \\d+ 项[^]*${number} 接着传`));
    expect(newestLink()).not.toBe(first);
    expect((await open(newestLink())).status).toBe(200);
  });

  test('files by what was written on the page when the names tell nothing', async () => {
    await send(await ask(), { 'IMG_0001.jpg': jpegFile('d'), 'IMG_0002.jpg': jpegFile('e') }, '银行流水');
    await company.drain();

    expect(await filed()).toEqual({ D07: 2 });
  });

  test('is spent by its submission: a second one files nothing and is told where to get a new link', async () => {
    const link = await ask();
    await send(link, { '身份证.jpg': jpegFile('f') });
    const again = await send(link, { '流水.pdf': pdfFile('g') });
    await company.drain();

    expect(again.status).toBe(410);
    expect(again.html).toContain('已经用过了');
    expect(again.html).toContain(`上传 ${number}`);
    expect(await filed()).toEqual({ D01: 1 });
    expect((await open(link)).status).toBe(410);
  });

  test('pressed twice at once, or sent again because the answer was lost, files once', async () => {
    const link = await ask();
    const files = { '身份证.jpg': jpegFile('h') };
    const answers = await Promise.all([send(link, files), send(link, files), send(link, files)]);
    await send(link, files);
    await company.drain();

    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 410, 410]);
    expect(await filed()).toEqual({ D01: 1 });
    expect(said().split('上传页收到').length - 1).toBe(1);
  });

  test('has expired after half an hour of business time', async () => {
    const link = await ask();
    await company.advance(30 * 60_000);

    const { status, html } = await open(link);
    expect([status, (await send(link, { '身份证.jpg': jpegFile('i') })).status]).toEqual([410, 410]);
    expect(html).toContain('已过期');
    expect(
      await company.count('files WHERE customer_id = (SELECT max(customer_id::text)::uuid FROM upload_links)'),
    ).toBe(0);
  });

  test('nobody made says what to do, in the reader’s language', async () => {
    const wrong = await open(`/upload/${'0'.repeat(32)}`);
    const english = await fetch(`${url}/upload/x`, { headers: { 'accept-language': 'en' } });

    expect(wrong.status).toBe(404);
    expect(wrong.html).toContain('无法识别');
    expect(english.status).toBe(404);
    expect(await english.text()).toContain('This upload link is not known.');
  });

  test('refuses what lies, is empty or too big, and takes the rest of the same submission', async () => {
    const link = await ask();
    const answer = await send(link, {
      '合同.pdf': exeFile(),
      'setup.exe': exeFile(),
      '空.pdf': Buffer.alloc(0),
      '断了.pdf': Buffer.from('%PDF-1.4 only a bit'),
      '大.pdf': Buffer.concat([pdfFile('j'), Buffer.alloc(MAX_FILE_BYTES)]),
      '身份证.jpg': jpegFile('k'),
    });
    await company.drain();

    expect(answer.html).toContain('已收到 1 份');
    expect(answer.html).toContain('没有收 5 份');
    for (const reason of ['内容和文件名不符', '这种文件收不了', '文件是空的', '文件不完整，打不开', '超过 20 MB'])
      expect(answer.html).toContain(reason);
    expect(await filed()).toEqual({ D01: 1 });
    expect(said()).toContain('另有 5 份没收');
  });

  test('is not spent by a try that took nothing', async () => {
    const link = await ask();
    const lying = await send(link, { '合同.pdf': exeFile() });
    const nothing = await send(link, {});

    expect([lying.status, nothing.status]).toEqual([422, 422]);
    expect(lying.html).toContain('内容和文件名不符');
    expect(nothing.html).toContain('请先选择文件');
    expect((await send(link, { '身份证.jpg': jpegFile('l') })).status).toBe(200);
  });

  test('takes ten files; the eleventh is refused by name', async () => {
    const files = Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`流水${at}.pdf`, pdfFile(`m${at}`)]));
    const answer = await send(await ask(), files);
    await company.drain();

    expect(answer.html).toContain('已收到 10 份');
    expect(answer.html).toMatch(/流水10\.pdf<br><span>一次最多 10 个/);
    expect(await filed()).toEqual({ D07: 10 });
  });

  test('files nothing any more once the case is somebody else’s, or its member has left', async () => {
    const link = await ask();
    const he = await company.addStaff('小何', ['sales'], { wecom: `he${made}` });
    await company.db.pool.query('UPDATE customers SET owner_id = $1 WHERE number = $2', [
      he.id,
      Number(number.slice(1)),
    ]);

    expect((await open(link)).html).toContain('不在您的查看范围内');
    expect((await send(link, { '身份证.jpg': jpegFile('n') })).status).toBe(404);
    await company.say(company.channels.wecom, 'xiaolin', `上传 ${number}`);
    await company.drain();
    expect(said()).toContain('没有找到，或不在您的查看范围内');

    await company.say(company.channels.wecom, `he${made}`, `上传 ${number}`);
    await company.drain();
    const his = /\/upload\/\w+/.exec(company.channels.wecom.said(`he${made}`).join('\n'))?.[0] ?? '';
    expect((await open(his)).status).toBe(200);
    await company.call({ kind: 'TOKEN', id: 'admin', roles: ['admin'], language: 'zh-CN' }, 'staff.disable', {
      id: he.id,
    });
    expect((await open(his)).status).toBe(404);
    expect(
      await company.count('documents WHERE customer_id = (SELECT id FROM customers WHERE number = $1)', [
        Number(number.slice(1)),
      ]),
    ).toBe(0);
  });

  test('tells a sender who is cut off, and one who sends no form, that nothing was taken', async () => {
    const link = await ask();
    const cut = await fetch(url + link, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: '--x\r\ncontent-disposition: form-data; name="files"; filename="身份证.jpg"\r\n\r\nhalf',
    });
    const none = await fetch(url + link, { method: 'POST', body: 'hello' });

    expect([cut.status, none.status]).toEqual([400, 400]);
    expect(await cut.text()).toContain('没有传完整');
    expect((await open(link)).status).toBe(200);
  });

  test('leaves its secret in the chat only: not in the log, not in any readable column', async () => {
    const link = await ask();
    storeInstead = async () => {
      throw new Error('the disk is full');
    };
    const broken = await send(link, { '身份证.jpg': jpegFile('o') });
    storeInstead = undefined;
    await send(link, { '身份证.jpg': jpegFile('p') });
    await company.drain();

    expect(broken.status).toBe(503);
    expect(logged.join()).toContain('the disk is full');
    expect(logged.join()).not.toContain(secretOf(link));
    const { rows } = await company.db.pool.query<{ all: string }>(
      `SELECT string_agg(row::text, '') AS all FROM (
         SELECT t::text AS row FROM timeline_items t UNION ALL SELECT u::text FROM upload_links u
         UNION ALL SELECT a::text FROM audit_entries a UNION ALL SELECT o::text FROM outbox o) rows`,
    );
    expect(rows[0]?.all).not.toContain(secretOf(link));
  });
});

test('where the chat takes files itself no page is made', async () => {
  await company.call({ kind: 'TOKEN', id: 'admin', roles: ['admin'], language: 'zh-CN' }, 'staff.bind', {
    id: lin.id,
    platform: 'telegram',
    externalId: '4711',
  });
  await company.say(company.channels.telegram, '4711', `上传 ${number}`);
  await company.drain();

  expect(company.channels.telegram.said('4711').join()).toContain(`说明里写上 ${number}`);
});

test('a photo sent in the WeCom chat, which says nothing of whose it is, leads to the page', async () => {
  await company.say(company.channels.wecom, 'xiaolin', '帮助'); // whoever was named for files is not meant any more
  await company.drain();
  await company.receive(company.channels.wecom, 'xiaolin', {
    kind: 'message',
    messageId: `photo${made}`,
    text: '',
    media: [{ id: 'm', kind: 'image' }],
  });
  await company.drain();
  const { base } = company;
  const { fetchNext } = await import('../../../src/jobs/media.ts');
  await fetchNext({
    database: base.database,
    keys: base.keys,
    unit: base.unit,
    channels: new Map(),
    intake: base.parts.intake(base.database, base.services),
    attach: async (tx, message, fileIds) => base.parts.attachFiles(tx, message, fileIds),
    wake: () => undefined,
    log: base.log,
  });
  await company.drain();

  expect(said()).toContain('请发「上传」选客户');
});
