/**
 * Invariant 12: money is whole 分 in code and storage, rates are exact decimals; time is an instant in UTC, due dates are
 * calendar dates in the company's zone, "now" is a parameter.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { dateIn } from '../../src/lib/business-date.ts';
import { formatYuan, mulDiv, parseYuan } from '../../src/lib/money.ts';
import { useCompany, type StaffActor } from './support/company.ts';

const company = useCompany();
const SRC = path.resolve(import.meta.dirname, '../../src');
const people: { sales?: StaffActor; reviewer?: StaffActor } = {};

beforeAll(async () => {
  people.sales = await company.addStaff('小林', ['sales'], { wecom: 'xiaolin' });
  people.reviewer = await company.addStaff('周敏', ['reviewer'], { telegram: '7102' });
});

function who(role: 'sales' | 'reviewer'): StaffActor {
  const found = people[role];
  if (!found) throw new Error('nobody yet');
  return found;
}

interface Column {
  readonly table_name: string;
  readonly column_name: string;
  readonly data_type: string;
  readonly column_default: string | null;
}

async function columns(): Promise<readonly Column[]> {
  const { rows } = await company.db.pool.query<Column>(
    `SELECT table_name, column_name, data_type, column_default FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_prisma%'`,
  );
  return rows;
}

const name = (column: Column): string => `${column.table_name}.${column.column_name}`;

describe('storage', () => {
  test('money columns are whole numbers, nothing is a binary fraction', async () => {
    const all = await columns();

    expect(
      all.filter((column) => column.column_name.endsWith('_fen') && column.data_type !== 'bigint').map(name),
    ).toEqual([]);
    expect(all.filter((column) => ['real', 'double precision', 'money'].includes(column.data_type)).map(name)).toEqual(
      [],
    );
    expect(
      all.filter((column) => column.column_name.endsWith('_rate') && column.data_type !== 'numeric').map(name),
    ).toEqual([]);
  });

  test('instants are instants, dates are dates, and only `recorded_at` fills itself', async () => {
    const all = await columns();
    const wrongInstants = all.filter(
      (column) => /(_at|^at)$/.test(column.column_name) && column.data_type !== 'timestamp with time zone',
    );
    const wrongDates = all.filter((column) => column.column_name.endsWith('_on') && column.data_type !== 'date');
    const selfFilling = all.filter(
      (column) =>
        /\bnow\(\)|\bCURRENT_(DATE|TIME)|clock_timestamp/i.test(column.column_default ?? '') &&
        column.column_name !== 'recorded_at',
    );

    expect(all.length).toBeGreaterThan(300);
    expect([...wrongInstants, ...wrongDates, ...selfFilling].map(name)).toEqual([]);
    expect(all.filter((column) => column.data_type === 'timestamp without time zone').map(name)).toEqual([]);
  });

  test('the business clock moves forward only', async () => {
    await company.advance(1_000);

    await expect(company.db.pool.query('UPDATE business_clock SET offset_ms = offset_ms - 1')).rejects.toThrow(
      'forward only',
    );
  });
});

describe('amounts', () => {
  test('above what a binary fraction can hold survive the way in and out to the 分', () => {
    for (const text of [
      '90071992547409.93',
      '999999999999999.99',
      '0.01',
      '-0.01',
      '0.29',
      '1.15',
      '4.35',
      '1.10',
      '8.20',
    ]) {
      expect(formatYuan(parseYuan(text) ?? -1n)).toBe(text);
    }
  });

  test.each(['1e3', '1,000', '0x10', ' 1', '1.234', '', '-', '+1', 'NaN', '一百'])(
    'that are not plain decimals (%j) are no amounts',
    (text) => {
      expect(parseYuan(text)).toBeUndefined();
    },
  );

  test('are divided in one place, rounded once, half away from zero', () => {
    expect(mulDiv(9_007_199_254_740_993n, 3n, 3n)).toBe(9_007_199_254_740_993n);
    expect(mulDiv(5n, 1n, 2n)).toBe(3n);
    expect(mulDiv(-5n, 1n, 2n)).toBe(-3n);
  });

  test('of a loan add up exactly: the principal parts are the principal, whatever rounding left over', async () => {
    const { loan, instalments } = await makeLoan('199999.97', 36);

    expect(instalments.reduce((sum, row) => sum + BigInt(row.principal_fen), 0n)).toBe(19_999_997n);
    expect(BigInt(loan.principal_fen)).toBe(19_999_997n);
  });
});

describe('dates', () => {
  test('a loan made at 01:30 in Shanghai begins on that day, although it is still the day before in UTC', async () => {
    await company.advanceToTomorrow(1, 30);

    const { loan } = await makeLoan('100000.00', 12);

    const now = await company.now();
    expect(loan.start_on).toBe(dateIn(now, 'Asia/Shanghai'));
    expect(loan.start_on > now.toISOString()).toBe(true);
  });
});

describe('the code', () => {
  test('asks no clock and throws no dice outside the edges: now is a parameter', () => {
    const edges = /^(lib|jobs|sandbox|cli|db\/embedded|console)\/|^(app|demo-seed|sandbox-part)\.ts$/;
    const offenders = sources()
      .filter(([file]) => !edges.test(file))
      .filter(([, text]) => /\bDate\.now\(\)|\bnew Date\(\)|\bMath\.random\(\)/.test(text))
      .map(([file]) => file);

    expect(offenders).toEqual([]);
  });

  test('turns no amount into a binary fraction outside the root search and the pictures', () => {
    // A picture is drawn in pixels; `trial` reads a bare number as months, not as money.
    const allowed =
      /^domain\/repayments\/(root-search|apr|picture)\.ts$|^core\/conversation\/trial\.ts$|^console\/|^sandbox\/page\//;
    const offenders = sources()
      .filter(([file]) => !allowed.test(file))
      .filter(([, text]) => /\b(parseFloat|toFixed)\(|Number\([^)]*(?:[fF]en|amount)\b[^)]*\)/.test(text))
      .map(([file]) => file);

    expect(offenders).toEqual([]);
  });
});

function sources(): [string, string][] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('db/generated'))
    .map((file) => [file, readFileSync(path.join(SRC, file), 'utf8')]);
}

let phone = 13_800_100_000;

async function makeLoan(
  amount: string,
  term: number,
): Promise<{ loan: { start_on: string; principal_fen: string }; instalments: readonly { principal_fen: string }[] }> {
  phone += 1;
  const lead = (await company.call(who('sales'), 'lead.capture', {
    facts: { name: '何女士', phone: String(phone), amount, term },
  })) as { leadNumber: string };
  const { applicationId } = (await company.call(who('sales'), 'lead.submit', { lead: lead.leadNumber })) as {
    applicationId: string;
  };
  const { rows: open } = await company.db.pool.query<{ id: string; revision: number }>(
    'SELECT id, revision FROM approvals WHERE application_id = $1',
    [applicationId],
  );
  await company.call(who('reviewer'), 'approval.decide', {
    id: open[0]?.id,
    revision: open[0]?.revision,
    verb: 'approve',
  });
  const { rows } = await company.db.pool.query<{ id: string; start_on: string; principal_fen: string }>(
    'SELECT id, start_on::text, principal_fen FROM loans WHERE application_id = $1',
    [applicationId],
  );
  const { rows: instalments } = await company.db.pool.query<{ principal_fen: string }>(
    'SELECT principal_fen FROM instalments WHERE loan_id = $1',
    [rows[0]?.id],
  );
  return { loan: rows[0] ?? { start_on: '', principal_fen: '0' }, instalments };
}
