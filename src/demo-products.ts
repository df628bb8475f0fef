/** Three products of the demo company (trade §6.1, §6.3). Figures are illustrations, not offers. */

const COMMON = [{ code: 'D01' }, { code: 'D03' }, { code: 'D07' }] as const;
const HOUSE = [{ code: 'D21' }, { code: 'D23' }] as const;
const COMPANY = [{ code: 'D41' }] as const;

/** What the demo company has on offer. */
export const DEMO_PRODUCTS = [
  {
    code: 'P-001',
    name: '工薪信用贷',
    terms: {
      method: 'EQUAL_INSTALMENT',
      annualRate: '0.096',
      minAmount: '10000.00',
      maxAmount: '200000.00',
      termMonths: [12, 24, 36],
      dayCount: '30/360',
    },
    checklist: [...COMMON],
  },
  {
    code: 'P-005',
    name: '房抵经营贷',
    terms: {
      method: 'INTEREST_ONLY',
      annualRate: '0.042',
      minAmount: '200000.00',
      maxAmount: '10000000.00',
      termMonths: [12, 24, 36],
      dayCount: '30/360',
    },
    checklist: [...COMMON, ...HOUSE, ...COMPANY],
  },
  {
    code: 'P-012',
    name: '流水经营贷',
    terms: {
      method: 'EQUAL_INSTALMENT',
      annualRate: '0.108',
      minAmount: '30000.00',
      maxAmount: '1000000.00',
      termMonths: [12, 18, 24, 36],
      dayCount: '30/360',
    },
    checklist: [...COMMON, ...COMPANY],
  },
];
