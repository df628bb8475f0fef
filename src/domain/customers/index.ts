export { bindContact, bindCustomer, followLink } from './binding-operations.ts';
export { setCustomerLanguage } from './language-operations.ts';
export { notifyCustomer, tellOwner } from './notice-operations.ts';
export { bindingErrors } from './binding-errors.ts';
export { customerErrors } from './customer-errors.ts';
export {
  customerNumber,
  maskedName,
  maskedPhone,
  nameLookups,
  normalPhone,
  parseCustomerNumber,
  parseCustomerQuery,
  parsePaperNumber,
  phoneLookups,
  type CustomerQuery,
} from './customer.ts';
export {
  bindingDigest,
  createBindingLink,
  CUSTOMER_ACCESS,
  customerInScope,
  customerMeant,
  describeCustomer,
  findByQuery,
  getCustomer,
  isInScope,
  listMyCustomers,
  revealCustomer,
  searchCustomers,
} from './customer-operations.ts';
export {
  customerByNumber,
  customersByBlind,
  findCustomer,
  insertCustomer,
  listCustomers,
  lockCustomer,
  openPii,
  piiOf,
  putPii,
  refuseThirdParties,
  setCustomerOwner,
  setMaskedName,
  touchCustomer,
  type CustomerRow,
  type PiiDraft,
  type PiiKind,
  type PiiRow,
} from './customer-store.ts';
export { hidingNames, namesOfCustomers, personalValues } from './personal-values.ts';
