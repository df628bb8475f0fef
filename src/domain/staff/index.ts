export { notifyStaff } from './notify-operations.ts';
export { addStaff, bindStaff, createToken, disable, listAllStaff } from './staff-operations.ts';
export {
  findStaff,
  findToken,
  identitiesOfStaff,
  listStaff as listStaffRows,
  resolveIdentities,
  staffNamed,
  staffWithRole,
  type IdentityRow,
  type ResolvedIdentity,
  type StaffRow,
} from './staff-store.ts';
