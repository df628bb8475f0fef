/** Checks of the numbers by which people, companies, cards and cars are known. */
export { checkBankCard } from './bank-card.ts';
export { checkCompanyCode } from './company-code.ts';
export { ageOn, checkIdCard, upgradeOldIdCard } from './id-card.ts';
export { checkMobile } from './mobile.ts';
export type { NumberCheck } from './number-check.ts';
export { checkPlate } from './plate.ts';
export {
  checkNumber,
  NUMBER_KINDS,
  type NumberKind,
  validateNumber,
  validateNumberRequest,
} from './validate-number.ts';
export { checkVin } from './vin.ts';
