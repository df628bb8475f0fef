/** Three products of the demo company (trade §6.1, §6.3). Figures are illustrations, not offers. */

const COMMON = [
  { code: 'D01', name: 'documents.item.D01', isRequired: true, words: ['身份证', 'id card', 'idcard', 'sfz'] },
  { code: 'D03', name: 'documents.item.D03', isRequired: true, words: ['征信', 'credit report'] },
  { code: 'D07', name: 'documents.item.D07', isRequired: true, words: ['流水', '银行流水', 'bank flow', 'statement'] },
] as const;

const HOUSE = [
  { code: 'D21', name: 'documents.item.D21', isRequired: true, words: ['房产证', '不动产权证', 'property', 'deed'] },
  { code: 'D23', name: 'documents.item.D23', isRequired: false, words: ['按揭', '按揭合同', 'mortgage'] },
] as const;

const COMPANY = [
  { code: 'D41', name: 'documents.item.D41', isRequired: true, words: ['营业执照', '执照', 'licence', 'license'] },
] as const;

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
