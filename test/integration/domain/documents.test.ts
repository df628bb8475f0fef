import { describe, expect, test } from 'vitest';
import { jpegFile, pdfFile } from '../../support/files.ts';
import { useFilingDesk, type Listing } from '../../support/filing-desk.ts';
import { refusalOf } from '../../support/product.ts';

describe('documents of a customer', () => {
  const desk = useFilingDesk();
  const { product, fileId, receive, send, list, stateOf } = desk;

  describe('filing', () => {
    test('words in the caption file it, and what is still missing is named in the customer’s language', async () => {
      const receipt = await send({ caption: '这是我的身份证' });

      expect(receipt).toMatchObject({
        kind: 'filed',
        item: 'D01',
        itemName: '身份证（正反面）',
        version: 1,
        page: 1,
        left: 2,
        missing: [
          { item: 'D01', name: '身份证（正反面）：还差另一面' },
          { item: 'D07', name: '近6个月银行流水' },
        ],
      });
      expect(await stateOf('D01')).toBe('RECEIVED');
      expect(await send({ caption: '身份证' })).toMatchObject({ kind: 'filed', version: 1, page: 2, left: 1 });
      const english = (await product.call({ ...desk.he, language: 'en' }, 'document.list', {
        customer: desk.number,
      })) as Listing;
      expect(english.missing).toEqual([{ item: 'D07', name: 'Bank statements of the last 6 months' }]);
    });

    test('the name of the file does, when there is no caption', async () => {
      expect(await send({ name: '银行流水2026.pdf' }, pdfFile(String(desk.made)))).toMatchObject({
        kind: 'filed',
        item: 'D07',
      });
    });

    test('without words it is asked about: what is needed first; the answer files it', async () => {
      const asked = await send({});

      expect(asked).toMatchObject({ kind: 'unclear', left: 2 });
      expect(asked.items?.map((one) => one.item)).toEqual(['D01', 'D07', 'D06', 'D11']);
      expect(await product.call(desk.he, 'document.assign', { document: asked.document, item: 'D06' })).toMatchObject({
        kind: 'filed',
        item: 'D06',
        version: 1,
        left: 2,
      });
      expect((await list()).unassigned).toEqual([]);
    });

    test('where the words name two items, these two are offered first', async () => {
      const asked = await send({ caption: '银行卡、流水' });

      expect(asked.kind).toBe('unclear');
      expect(asked.items?.map((one) => one.item)).toEqual(['D07', 'D06', 'D01', 'D11']);
    });

    test('the same file again is recognised and changes nothing', async () => {
      const bytes = jpegFile(`again ${String(desk.made)}`);
      await send({ caption: '身份证' }, bytes);

      expect(await send({ caption: '流水' }, bytes)).toMatchObject({ kind: 'duplicate', item: 'D01', version: 1 });
      expect(await stateOf('D07')).toBe('MISSING');
    });

    test('the same file delivered on two connections at once is one page', async () => {
      const media = { fileId: await fileId(jpegFile(`twice ${String(desk.made)}`)), caption: '身份证' };

      const kinds = (await Promise.all([receive(media), receive(media), receive(media)])).map(({ kind }) => kind);

      expect(kinds.sort()).toEqual(['duplicate', 'duplicate', 'filed']);
    });

    test('different files of one item at once get different versions', async () => {
      const media = await Promise.all(
        [1, 2, 3, 4].map(async (n) => ({
          fileId: await fileId(jpegFile(`${String(desk.made)} race ${String(n)}`)),
          caption: '流水',
        })),
      );

      const receipts = await Promise.all(media.map(async (one) => receive(one)));

      expect(new Set(receipts.map(({ version }) => version))).toEqual(new Set([1, 2, 3, 4]));
    });

    test('a new file for an accepted item becomes its next version and waits to be looked at', async () => {
      const first = await send({ caption: '身份证' });
      await product.call(desk.reviewer, 'document.review', { document: first.document, state: 'ACCEPTED' });

      expect(await send({ caption: '身份证反面' })).toMatchObject({
        kind: 'filed',
        document: first.document,
        version: 2,
        page: 1,
      });
      expect(await stateOf('D01')).toBe('RECEIVED');
    });

    test('the photos of one album are pages of one version, though only one has words', async () => {
      await send({ caption: '流水', album: 'A1' });
      const second = await send({ album: 'A1' }, jpegFile(`${String(desk.made)} b`));
      const third = await send({ album: 'A1' }, jpegFile(`${String(desk.made)} c`));
      const later = await send({ caption: '流水', album: 'A2' }, jpegFile(`${String(desk.made)} d`));

      expect(second).toMatchObject({ kind: 'filed', item: 'D07', version: 1, page: 2 });
      expect(third).toMatchObject({ kind: 'filed', item: 'D07', version: 1, page: 3 });
      expect(later).toMatchObject({ version: 2, page: 1 });
    });

    test('an album nobody has named yet stays together and is filed with one answer', async () => {
      const first = await send({ album: 'B1' });
      const second = await send({ album: 'B1' }, jpegFile(`${String(desk.made)} second`));

      expect(second).toMatchObject({ kind: 'unclear', document: first.document });
      const answer = { document: first.document, item: 'D07' };
      expect(await product.call(desk.he, 'document.assign', answer)).toMatchObject({
        kind: 'filed',
        version: 1,
        page: 2,
      });
      expect(await product.call(desk.he, 'document.assign', answer)).toMatchObject({
        kind: 'filed',
        version: 1,
        page: 2,
      });
      expect((await list()).items.find((one) => one.item === 'D07')?.pages).toMatchObject([
        { page: 1, via: 'telegram' },
        { page: 2, via: 'telegram' },
      ]);
    });

    test('an album is answered once: all its items are named, in the order of the list', async () => {
      const album = 'C1';
      const silent = await send({ caption: '流水', album, silent: true });
      await send({ caption: '身份证', album, silent: true }, jpegFile(`${String(desk.made)} front`));
      const last = await send({ album, several: 3 }, jpegFile(`${String(desk.made)} third`));

      expect(silent).toMatchObject({ kind: 'filed', silent: true });
      expect(last).toMatchObject({ kind: 'filed', several: 3, itemName: expect.stringMatching(/^身份证.*、.*流水/) });
    });

    test('an album with files nobody has named asks once, for all of them', async () => {
      const album = 'C2';
      await send({ album, silent: true });
      await send({ caption: '流水', album, silent: true }, jpegFile(`${String(desk.made)} named`));
      const last = await send({ album, several: 3 }, jpegFile(`${String(desk.made)} unnamed`));

      expect(last).toMatchObject({ kind: 'unclear', several: 3, unnamed: 2 });
    });

    test('the back of a card goes on with its front', async () => {
      await send({ caption: '身份证正面' });

      expect(await send({ caption: '身份证反面' })).toMatchObject({ item: 'D01', version: 1, page: 2 });
    });

    test('assigning to an item that has a document adds a version to it', async () => {
      const first = await send({ caption: '流水' });
      const unnamed = await send({});

      expect(await product.call(desk.he, 'document.assign', { document: unnamed.document, item: 'D07' })).toMatchObject(
        {
          document: first.document,
          version: 2,
          page: 1,
        },
      );
      expect(
        await refusalOf(product.call(desk.he, 'document.assign', { document: unnamed.document, item: 'D07' })),
      ).toBe('document.not_found');
    });

    test('what was filed wrongly can be moved until it is accepted', async () => {
      const wrong = await send({ caption: '身份证' });

      expect(await product.call(desk.lin, 'document.assign', { document: wrong.document, item: 'D11' })).toMatchObject({
        item: 'D11',
      });
      await product.call(desk.reviewer, 'document.review', { document: wrong.document, state: 'ACCEPTED' });
      expect(
        await refusalOf(product.call(desk.lin, 'document.assign', { document: wrong.document, item: 'D01' })),
      ).toBe('document.already_accepted');
    });

    test('what a reviewer found not to match waits to be looked at again where it was moved to, alone or beside another', async () => {
      for (const [index, item] of ['D11', 'D07'].entries()) {
        if (index > 0) await send({ caption: '流水' });
        const wrong = await send({ caption: '银行卡' }, jpegFile(`${String(desk.made)} wrong ${item}`));
        await product.call(desk.reviewer, 'document.review', { document: wrong.document, state: 'MISMATCH' });

        await product.call(desk.lin, 'document.assign', { document: wrong.document, item });

        expect(await stateOf(item)).toBe('RECEIVED');
      }
      expect((await list()).missing.map(({ item }) => item)).toEqual(['D01']);
    });

    test('moved to a one-sided card, one photo is its other side; versions and PDFs stay versions', async () => {
      await send({ caption: '身份证' });
      await send({ caption: '银行卡' }, jpegFile(`${String(desk.made)} one`));
      const cards = await send({ caption: '银行卡' }, jpegFile(`${String(desk.made)} two`));

      expect(await product.call(desk.lin, 'document.assign', { document: cards.document, item: 'D01' })).toMatchObject({
        item: 'D01',
        version: 3,
        page: 1,
      });
      const paper = await send({ name: '流水.pdf' }, pdfFile(String(desk.made)));
      expect(await product.call(desk.lin, 'document.assign', { document: paper.document, item: 'D01' })).toMatchObject({
        version: 4,
      });
      const front = await send({ caption: '身份证正面' });
      const back = await send({});
      expect([front.version, front.page]).toEqual([5, 1]);
      expect(await product.call(desk.he, 'document.assign', { document: back.document, item: 'D01' })).toMatchObject({
        version: 5,
        page: 2,
      });
    });

    test('of somebody else’s customer it answers as one that does not exist', async () => {
      const { document } = await send({});
      const gu = await product.addStaff('小顾', ['sales'], { team: '二组' });

      for (const id of [document, '01890000-0000-7000-8000-000000000000'])
        expect(await refusalOf(product.call(gu, 'document.assign', { document: id, item: 'D01' }))).toBe(
          'document.not_found',
        );
    });

    test('an item outside the checklist is refused and the document stays where it is', async () => {
      const asked = await send({});

      for (const item of ['D99', 'D21', "D01'; DROP TABLE documents"]) {
        expect(await refusalOf(product.call(desk.he, 'document.assign', { document: asked.document, item }))).toMatch(
          /^(document\.unknown_item|request\.invalid)$/,
        );
      }
      expect((await list()).unassigned).toHaveLength(1);
    });

    test('what could not be stored is told with its reason', async () => {
      expect(await receive({ refused: 'too_big' })).toEqual({ kind: 'refused', reason: 'too_big' });
      expect(await receive({ refused: 'lying_type', name: '身份证.jpg' })).toEqual({
        kind: 'refused',
        reason: 'lying_type',
      });
      expect(await receive({ refused: 'no_customer' })).toEqual({ kind: 'nobody' });
      expect(await refusalOf(receive({ refused: 'no_consent' }))).toBe('consent.required');
    });

    test('a stranger is told politely, and a token of somebody else’s file is not his to file', async () => {
      const mine = { fileId: await fileId(jpegFile(`mine ${String(desk.made)}`)), caption: '身份证' };
      const stranger = await product.stranger('60002');
      const lead = (await product.call(desk.lin, 'lead.capture', {
        facts: { name: '周先生', phone: `1370001${String(1000 + desk.made)}` },
      })) as { customerId: string };
      const other = await product.boundCustomer(lead.customerId, String(70_000 + desk.made));

      expect(await receive(mine, stranger)).toEqual({ kind: 'nobody' });
      expect(await refusalOf(receive(mine, other))).toBe('document.file_not_found');
      expect(await refusalOf(receive(mine, await product.addStaff('小顾', ['sales'], { team: '二组' })))).toBe(
        'document.file_not_found',
      );
      expect(await refusalOf(receive(mine, desk.reviewer))).toBe('permission.denied');
    });

    test.each([
      {},
      { fileId: 'not-an-id' },
      { fileId: '01890000-0000-7000-8000-000000000000' },
      { refused: 'because' },
    ])('a token of nothing is refused: %j', async (media) => {
      expect(await refusalOf(receive(media))).toMatch(/^(document\.file_not_found|request\.invalid)$/);
    });

    test('without consent a customer’s file is not filed even if it was stored', async () => {
      const media = { fileId: await fileId(jpegFile(`late ${String(desk.made)}`)), caption: '身份证' };
      await product.call(desk.he, 'consent.withdraw', { consent: 'personal-information' });

      expect(await refusalOf(receive(media))).toBe('consent.required');
    });
  });

  describe('left unassigned', () => {
    const toDos = async (): Promise<readonly unknown[]> =>
      (
        await product.db.pool.query(
          `SELECT staff_id, (params ->> 'count')::int AS count, done_at IS NOT NULL AS done FROM todos
           WHERE kind = 'customer_unfiled' AND subject_id = $1 ORDER BY created_at, number`,
          [desk.he.id],
        )
      ).rows;

    test('what a colleague sent in himself is on his own list, once, and off it when it is filed', async () => {
      const { document } = await receive({ fileId: await fileId(jpegFile(`left ${String(desk.made)}`)) }, desk.lin);
      const leave = async (): Promise<unknown> => product.call(desk.lin, 'document.leave', { document });
      await Promise.all([leave(), leave()]);

      expect(await leave()).toEqual({ kind: 'left', to: 'self', count: 1 });
      expect(await toDos()).toEqual([{ staff_id: desk.lin.id, count: 1, done: false }]);
      await product.call(desk.lin, 'document.assign', { document, item: 'D06' });
      expect(await toDos()).toEqual([{ staff_id: desk.lin.id, count: 0, done: true }]);
      expect(await leave()).toEqual({ kind: 'past', to: 'self', count: 0 });
      expect(await toDos()).toEqual([{ staff_id: desk.lin.id, count: 0, done: true }]);
    });

    test('what a colleague may not reach any more, the adviser files', async () => {
      const { document } = await send({});
      const other = await product.addStaff('小邓', ['sales'], { team: '二组' });

      expect(await product.call(other, 'document.leave', { document })).toEqual({
        kind: 'left',
        to: 'adviser',
        count: 1,
      });
      expect(await toDos()).toEqual([{ staff_id: desk.lin.id, count: 1, done: false }]);
    });

    test('somebody else’s is not a customer’s to leave, and a document of nothing is past', async () => {
      const { document } = await send({});
      const lead = (await product.call(desk.lin, 'lead.capture', {
        facts: { name: '周先生', phone: `1370002${String(1000 + desk.made)}` },
      })) as { customerId: string };
      const other = await product.boundCustomer(lead.customerId, String(80_000 + desk.made));

      expect(await refusalOf(product.call(other, 'document.leave', { document }))).toBe('document.not_found');
      const nothing = '01890000-0000-7000-8000-000000000000';
      expect(await product.call(desk.he, 'document.leave', { document: nothing })).toEqual({
        kind: 'past',
        to: 'adviser',
        count: 0,
      });
    });
  });

  describe('the checklist', () => {
    test('is that of the lead’s product, or of the first that takes the amount', async () => {
      expect(await list()).toMatchObject({ customer: desk.number, product: 'P-001', left: 2 });
      const wish = { amount: '2000000.00', house: true };
      await product.call(desk.lin, 'lead.update', { lead: desk.number, facts: wish });
      expect(await list()).toMatchObject({ product: 'P-002' });
      await product.call(desk.lin, 'lead.update', { lead: desk.number, facts: { product: 'P-001' } });
      expect(await list()).toMatchObject({ product: 'P-001' });
    });

    test('stays that of the latest application when the case is over', async () => {
      await product.db.pool.query(
        `WITH ended AS (UPDATE leads SET is_open = false WHERE customer_id = $1 RETURNING id)
         INSERT INTO applications (id, customer_id, lead_id, product_id, amount_fen, term_months, method, annual_rate, state, submitted_by, submitted_at, updated_at)
         SELECT gen_random_uuid(), $1, ended.id, products.id, 10000, 12, 'EQUAL_INSTALMENT', 0.06, 'APPROVED', $2, now(), now()
         FROM ended, products WHERE code = 'P-002'`,
        [desk.he.id, desk.lin.id],
      );

      expect(await list()).toMatchObject({ product: 'P-002', left: 2 });
      expect((await send({})).items?.map((one) => one.item)).toEqual(['D01', 'D21']);
    });

    test('keeps showing what came for another product', async () => {
      await send({ caption: '流水' });
      await product.call(desk.lin, 'lead.update', { lead: desk.number, facts: { product: 'P-002' } });

      expect((await list()).items.map((one) => [one.item, one.state])).toEqual([
        ['D01', 'MISSING'],
        ['D21', 'MISSING'],
        ['D07', 'RECEIVED'],
      ]);
    });

    test('counts what is unclear, does not match or is out of date as still needed', async () => {
      const id = (await send({ caption: '身份证' })).document;
      const left = [];
      for (const state of ['UNCLEAR', 'MISMATCH', 'EXPIRED', 'ACCEPTED']) {
        await product.call(desk.reviewer, 'document.review', { document: id, state });
        left.push((await list()).left);
      }

      expect(left).toEqual([2, 2, 2, 1]);
    });

    test('is reviewed by reviewers only, and only what has a name', async () => {
      const named = (await send({ caption: '身份证' })).document;
      const unnamed = (await send({})).document;

      for (const actor of [desk.lin, desk.he])
        expect(await refusalOf(product.call(actor, 'document.review', { document: named, state: 'ACCEPTED' }))).toBe(
          'permission.denied',
        );
      expect(
        await refusalOf(product.call(desk.reviewer, 'document.review', { document: unnamed, state: 'ACCEPTED' })),
      ).toBe('document.unassigned');
      expect(
        await refusalOf(product.call(desk.reviewer, 'document.review', { document: named, state: 'RECEIVED' })),
      ).toBe('request.invalid');
      expect(await product.call(desk.reviewer, 'document.review', { document: named, state: 'ACCEPTED' })).toEqual(
        await product.call(desk.reviewer, 'document.review', { document: named, state: 'ACCEPTED' }),
      );
    });

    test('is seen by the customer and by those in charge of him, not by others', async () => {
      const gu = await product.addStaff('小顾', ['sales'], { team: '二组' });

      expect((await list(desk.lin)).customer).toBe(desk.number);
      expect(await refusalOf(list(gu))).toBe('customer.not_found');
      expect(await refusalOf(list(await product.stranger('60003')))).toBe('permission.denied');
    });

    test('every change of it leaves an audit entry of who did it', async () => {
      const { document } = await send({ caption: '身份证' });
      await product.call(desk.reviewer, 'document.review', { document, state: 'UNCLEAR', reason: '边角被裁掉' });

      const { rows } = await product.db.pool.query(
        'SELECT action, actor_kind, actor_id, outcome FROM audit_entries WHERE subject_id = $1 ORDER BY id',
        [document],
      );
      expect(rows).toEqual([
        { action: 'document.receive', actor_kind: 'CUSTOMER', actor_id: desk.he.id, outcome: 'DONE' },
        { action: 'document.review', actor_kind: 'STAFF', actor_id: desk.reviewer.id, outcome: 'DONE' },
      ]);
    });
  });
});
