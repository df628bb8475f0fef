/** For each test a customer whom 小林 has on his list and has invited to Telegram, and what he does and says there. */
import { beforeAll, beforeEach } from 'vitest';
import type { Happening } from '../../src/channels/channel.ts';
import { ADMIN, useCompany, type Company, type StaffActor } from '../invariants/support/company.ts';

interface Item {
  readonly direction: string;
  readonly kind: string;
  readonly channel: string;
  readonly text: string | null;
}

export interface CustomerChat {
  readonly company: Company;
  /** 小林, his adviser. */
  readonly lin: StaffActor;
  /** This test's customer; `link` is the token of his invitation. */
  readonly customer: {
    readonly id: string;
    readonly chat: string;
    readonly phone: string;
    readonly number: string;
    readonly link: string;
  };
  readonly does: (happening: Happening) => Promise<void>;
  readonly says: (text: string) => Promise<void>;
  /** Opens his link. */
  readonly opens: () => Promise<void>;
  readonly shares: (phone?: string) => Promise<void>;
  /** From the link to the first consent. */
  readonly consents: () => Promise<void>;
  /** What stands on the file of a customer. */
  readonly file: (id?: string) => Promise<readonly Item[]>;
  readonly lines: (id?: string) => Promise<readonly string[]>;
}

/** Call once at the top of a test file. */
export function useCustomerChat(): CustomerChat {
  const company = useCompany();
  const { telegram, wecom } = company.channels;
  const people: { lin?: StaffActor; customer?: CustomerChat['customer'] } = {};
  const present = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('the chat exists from the first hook on');
    return value;
  };
  let customers = 0;

  beforeAll(async () => {
    Object.assign(company.base.services, { telegramBotName: () => 'daiban_bot' });
    people.lin = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  });
  beforeEach(async () => {
    customers += 1;
    telegram.sent.length = 0;
    wecom.sent.length = 0;
    people.customer = await invited(company, present(people.lin), customers);
  });

  const chat: CustomerChat = {
    company,
    get lin() {
      return present(people.lin);
    },
    get customer() {
      return present(people.customer);
    },
    async does(happening) {
      await company.receive(telegram, chat.customer.chat, happening);
      await company.drain();
    },
    async says(text) {
      await company.say(telegram, chat.customer.chat, text);
      await company.drain();
    },
    async opens() {
      await chat.does({ kind: 'start', payload: chat.customer.link, messageId: 's1' });
    },
    async shares(phone = chat.customer.phone) {
      await chat.does({ kind: 'contact', messageId: 'c1', phone, own: true });
    },
    async consents() {
      await chat.opens();
      await chat.shares();
      await chat.says('同意');
    },
    async file(id = chat.customer.id) {
      const read = (await company.call(ADMIN, 'timeline.read', { id, limit: 200 })) as {
        readonly items: readonly Item[];
      };
      return read.items;
    },
    async lines(id) {
      return (await chat.file(id)).map((item) => `${item.direction} ${item.text ?? ''}`);
    },
  };
  return chat;
}

async function invited(company: Company, lin: StaffActor, count: number): Promise<CustomerChat['customer']> {
  const phone = String(13_800_100_000 + count);
  const facts = { name: '何晓燕', phone, amount: '120000.00', purpose: 'turnover', term: 12 };
  const lead = (await company.call(lin, 'lead.capture', { facts })) as {
    customerId: string;
    leadNumber: string;
    bindingLink: string;
  };
  const link = new URL(lead.bindingLink).searchParams.get('start') ?? '';
  return { id: lead.customerId, chat: String(7_100 + count), phone, number: lead.leadNumber, link };
}
