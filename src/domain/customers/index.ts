export { bindContact, bindCustomer, createBindingLink, followLink } from './binding-operations.ts';
export { setCustomerLanguage } from './language-operations.ts';
export { setCustomerZone } from './zone-operations.ts';
export { notifyCustomer } from './notice-operations.ts';
export { customerErrors } from './customer-errors.ts';
export {
  customerNumber,
  loanNumber,
  maskedName,
  maskedPhone,
  nameLookups,
  normalPhone,
  parseCustomerNumber,
  parseCustomerQuery,
  phoneLookups,
} from './customer.ts';
export {
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
  withinScope,
} from './customer-operations.ts';
export {
  countCustomersOf,
  customerByNumber,
  customersByBlind,
  findCustomer,
  FIRST_PAGE,
  hasPhone,
  inScope,
  insertCustomer,
  listCustomers,
  lockCustomer,
  moveCustomersOf,
  openPii,
  piiOf,
  putPii,
  refuseThirdParties,
  setCustomerOwner,
  setMaskedName,
  touchCustomer,
  type CustomerPage,
  type CustomerRow,
  type Within,
} from './customer-store.ts';
export { hidingNames, namesOfCustomers, personalValues } from './personal-values.ts';
