/**
 * The dated limits and loan prime rates known when this file was last changed (2026-11-21), to seed a deployment's
 * tables. The operator keeps them up: the prime rate is announced monthly on the 20th or the next working day.
 */
import { businessDate } from '../../lib/business-date.ts';
import type { CapRow, LprRow } from './caps.ts';

const FOUR_LPR = { kind: 'LPR_MULTIPLE', multiple: '4', tenor: 'oneYear' } as const;
const TWENTY_FOUR = { kind: 'RATE', annualRate: '0.24' } as const;

/** Limits by lender, oldest first. */
export const CAP_ROWS: readonly CapRow[] = [
  {
    lenderType: 'PRIVATE',
    effectiveFrom: businessDate('2015-09-01'),
    effectiveTo: businessDate('2020-08-19'),
    limit: TWENTY_FOUR,
    action: 'WARN',
    source: '法释〔2015〕18号 (24 % enforceable, 24–36 % natural debt, above 36 % void)',
    certainty: 'H',
  },
  {
    lenderType: 'PRIVATE',
    effectiveFrom: businessDate('2020-08-20'),
    limit: FOUR_LPR,
    action: 'REFUSE',
    source: '法释〔2020〕17号 §25, §28, §29 (overdue interest, 违约金 and fees together under the same limit)',
    certainty: 'H',
  },
  {
    lenderType: 'MICRO_LENDER',
    effectiveFrom: businessDate('2025-12-19'),
    limit: TWENTY_FOUR,
    action: 'REFUSE',
    source: '银发〔2025〕247号 小额贷款公司综合融资成本管理工作指引',
    certainty: 'H',
  },
  {
    lenderType: 'MICRO_LENDER',
    effectiveFrom: businessDate('2028-01-01'),
    limit: FOUR_LPR,
    action: 'REFUSE',
    source: '银发〔2025〕247号 (all new loans within 4 × LPR by the end of 2027)',
    certainty: 'H',
  },
  {
    lenderType: 'BANK_WITH_PLATFORM',
    effectiveFrom: businessDate('2025-10-01'),
    limit: TWENTY_FOUR,
    action: 'REFUSE',
    source: '金规〔2025〕9号 §6 with 法发〔2017〕22号',
    certainty: 'H',
  },
  {
    lenderType: 'CONSUMER_FINANCE',
    effectiveFrom: businessDate('2026-04-01'),
    limit: TWENTY_FOUR,
    action: 'WARN',
    source: 'window guidance reported by the press (single loan; the average of new loans is to stay within 20 %)',
    certainty: 'M',
  },
  {
    lenderType: 'FINANCIAL_INSTITUTION',
    effectiveFrom: businessDate('2017-08-04'),
    limit: TWENTY_FOUR,
    action: 'WARN',
    source: '法发〔2017〕22号 §2 (a court may cut interest, 复利, 罚息, 违约金 and fees above 24 %)',
    certainty: 'M',
  },
];

const NIFC = 'NIFC announcement (全国银行间同业拆借中心)';

/** Announced loan prime rates, from memory except December 2025 (3.0 %, documented); later months are not verified. */
export const LPR_ROWS: readonly LprRow[] = (
  [
    ['2019-08-20', '0.0425', '0.0485'],
    ['2019-09-20', '0.042', '0.0485'],
    ['2019-11-20', '0.0415', '0.048'],
    ['2020-02-20', '0.0405', '0.0475'],
    ['2020-04-20', '0.0385', '0.0465'],
    ['2021-12-20', '0.038', '0.0465'],
    ['2022-01-20', '0.037', '0.046'],
    ['2022-05-20', '0.037', '0.0445'],
    ['2022-08-22', '0.0365', '0.043'],
    ['2023-06-20', '0.0355', '0.042'],
    ['2023-08-21', '0.0345', '0.042'],
    ['2024-02-20', '0.0345', '0.0395'],
    ['2024-07-22', '0.0335', '0.0385'],
    ['2024-10-21', '0.031', '0.036'],
    ['2025-05-20', '0.03', '0.035'],
  ] as const
).map(([on, oneYear, fiveYear]) => ({ on: businessDate(on), oneYear, fiveYear, source: NIFC }));
