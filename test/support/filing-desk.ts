/** A small company that files documents: two products with checklists, and for each test a customer who has consented. */
import { beforeAll, beforeEach } from 'vitest';
import type { Actor } from '../../src/core/operations/actor.ts';
import { readTimes } from '../../src/core/unit/unit.ts';
import { storeFile, type FileClaim, type StoredFile } from '../../src/domain/documents/index.ts';
import { checklistOf } from './checklist.ts';
import { jpegFile } from './files.ts';
import { ADMIN_TOKEN, useProduct, type CustomerActor, type StaffActor, type TestProduct } from './product.ts';

const TERMS = {
  method: 'EQUAL_INSTALMENT',
  annualRate: '0.144',
  minAmount: '10000.00',
  maxAmount: '500000.00',
  termMonths: [12, 24],
  dayCount: '30/360',
};

/** What `document.list` answers. */
export interface Listing {
  readonly customer: string;
  readonly product: string | null;
  readonly items: readonly {
    readonly item: string;
    readonly name: string;
    readonly state: string;
    readonly document: string | null;
    readonly version: number;
    readonly pages: readonly { readonly version: number; readonly page: number; readonly via: string }[];
  }[];
  readonly unassigned: readonly { readonly document: string; readonly pages: readonly unknown[] }[];
  readonly missing: readonly { readonly item: string; readonly name: string }[];
  readonly left: number;
}

/** What `document.receive` and `document.assign` answer. */
export interface Receipt {
  readonly kind: string;
  readonly document: string;
  readonly item?: string;
  readonly itemName?: string;
  readonly version?: number;
  readonly page?: number;
  readonly left?: number;
  readonly missing?: readonly { readonly item: string; readonly name: string }[];
  readonly items?: readonly { readonly item: string; readonly name: string }[];
  readonly silent?: boolean;
  readonly several?: number;
  readonly unnamed?: number;
}
/** Words that come with a file. */
export interface Words {
  readonly caption?: string;
  readonly name?: string;
  readonly album?: string;
  readonly silent?: boolean;
  readonly several?: number;
}

export interface FilingDesk {
  readonly product: TestProduct;
  readonly lin: StaffActor;
  readonly reviewer: StaffActor;
  /** This test's customer; `number` is his K-number, `made` counts the tests. */
  readonly he: CustomerActor;
  readonly number: string;
  readonly made: number;
  readonly store: (bytes: Buffer, claim?: FileClaim, customerId?: string) => Promise<StoredFile>;
  readonly fileId: (bytes: Buffer, claim?: FileClaim) => Promise<string>;
  readonly receive: (media: object, actor?: Actor) => Promise<Receipt>;
  /** Stores a photo of its own and files it. */
  readonly send: (words: Words, bytes?: Buffer) => Promise<Receipt>;
  readonly list: (actor?: Actor) => Promise<Listing>;
  readonly stateOf: (item: string) => Promise<string | undefined>;
}

/** Call once at the top of a test file. */
export function useFilingDesk(): FilingDesk {
  const product = useProduct();
  const people: { lin?: StaffActor; reviewer?: StaffActor; he?: CustomerActor } = {};
  const present = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the desk exists from the first hook on');
    return value;
  };
  let made = 0;
  let number = '';

  beforeAll(async () => {
    people.lin = await product.addStaff('小林', ['sales'], { team: '一组' });
    people.reviewer = await product.addStaff('小钱', ['reviewer']);
    const publish = async (code: string, name: string, maxAmount: string, items: readonly string[]): Promise<unknown> =>
      product.call(ADMIN_TOKEN, 'product.publish', {
        code,
        name,
        terms: { ...TERMS, maxAmount },
        checklist: checklistOf(items),
      });
    await publish('P-001', '信用贷', '500000.00', ['D01', 'D07', 'D06?', 'D11?']);
    await publish('P-002', '房抵贷', '5000000.00', ['D01', 'D21']);
  });

  beforeEach(async () => {
    made += 1;
    const facts = { name: '何女士', phone: `1380001${String(1000 + made)}`, amount: '100000.00', term: 12 };
    const lead = (await product.call(present(people.lin), 'lead.capture', { facts })) as {
      customerId: string;
      leadNumber: string;
    };
    people.he = await product.boundCustomer(lead.customerId, String(50_000 + made));
    number = lead.leadNumber;
    await product.call(people.he, 'consent.grant', { textKey: 'flows.consent.personal-data', version: '1' });
  });

  const desk: FilingDesk = {
    product,
    get lin() {
      return present(people.lin);
    },
    get reviewer() {
      return present(people.reviewer);
    },
    get he() {
      return present(people.he);
    },
    get number() {
      return number;
    },
    get made() {
      return made;
    },
    async store(bytes, claim = {}, customerId = desk.he.id) {
      const { rows } = await product.db.pool.query<{ data_key: number }>(
        'SELECT data_key FROM customers WHERE id = $1',
        [customerId],
      );
      const { now } = await product.db.database.transaction(readTimes);
      return storeFile(product.deps, {
        customer: { id: customerId, data_key: rows[0]?.data_key ?? 0 },
        bytes,
        claim,
        now,
      });
    },
    async fileId(bytes, claim = {}) {
      const stored = await desk.store(bytes, claim);
      if (stored.kind !== 'stored') throw new Error(`refused: ${stored.reason}`);
      return stored.fileId;
    },
    async receive(media, actor = desk.he) {
      return (await product.call(actor, 'document.receive', { media }, 'telegram')) as Receipt;
    },
    async send(words, bytes = jpegFile(`${String(made)} ${JSON.stringify(words)}`)) {
      const claim = words.name === undefined ? {} : { name: words.name };
      return desk.receive({ fileId: await desk.fileId(bytes, claim), ...words });
    },
    async list(actor = desk.he) {
      return (await product.call(actor, 'document.list', { customer: number })) as Listing;
    },
    async stateOf(item) {
      return (await desk.list()).items.find((one) => one.item === item)?.state;
    },
  };
  return desk;
}
