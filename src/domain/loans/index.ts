export { createLoan, getLoan, listLoans, listRepayments } from './loan-operations.ts';
export { recordPayment } from './payment-operations.ts';
export { reversePayment } from './reversal-operations.ts';
export { loanErrors } from './loan-errors.ts';
export { loanNumber, openFen } from './loan.ts';
export { instalmentsOf, loanByRef, loansOfCustomer, type InstalmentRow, type LoanRow } from './loan-store.ts';
