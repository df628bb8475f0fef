export { bindContact, bindCustomer, followLink } from './binding-operations.ts';
export { setCustomerLanguage } from './language-operations.ts';
export { setCustomerZone } from './zone-operations.ts';
export { notifyCustomer, tellOwner } from './notice-operations.ts';
export { customerErrors } from './customer-errors.ts';
export {
  customerNumber,
  maskedName,
  maskedPhone,
  nameLookups,
  normalPhone,
  parseCustomerNumber,
  parseCustomerQuery,
  phoneLookups,
} from './customer.ts';
export {
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
  moveCustomersOf,
  openPii,
  piiOf,
  putPii,
  refuseThirdParties,
  setCustomerOwner,
  setMaskedName,
  touchCustomer,
  type CustomerRow,
} from './customer-store.ts';
export { hidingNames, namesOfCustomers, personalValues } from './personal-values.ts';
