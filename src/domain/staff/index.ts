export { helpTopics } from './help-operations.ts';
export { peopleAddressed } from './colleague-words.ts';
export { distinctNames, peopleMeant } from './distinct-names.ts';
export { notifyStaff } from './notify-operations.ts';
export { addStaff, bindStaff, disable, listAllStaff, setOwnLanguage, updateStaff } from './staff-operations.ts';
export { createToken, listAllTokens, revoke as revokeToken } from './token-operations.ts';
export { findToken } from './token-store.ts';
export {
  findStaff,
  identitiesOfStaff,
  listStaff as listStaffRows,
  staffWithRole,
  type StaffRow,
} from './staff-store.ts';
