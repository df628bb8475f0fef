/** Checks of the numbers by which people, companies, cards and cars are known. */
export { type BankCardFacts, checkBankCard } from './bank-card.ts';
export { checkCompanyCode, type CompanyCodeFacts } from './company-code.ts';
export { ageOn, checkIdCard, type IdCardFacts, upgradeOldIdCard } from './id-card.ts';
export { checkMobile, type MobileFacts } from './mobile.ts';
export type { NumberCheck, NumberFault, NumberPart, ValidNumber } from './number-check.ts';
export { checkPlate, type PlateFacts } from './plate.ts';
export {
  checkNumber,
  isNumberKind,
  NUMBER_KINDS,
  type NumberKind,
  validateNumber,
  type ValidateNumberContext,
  validateNumberRequest,
  type ValidateNumberResponse,
} from './validate-number.ts';
export { checkVin, type VinFacts } from './vin.ts';
