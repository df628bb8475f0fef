export { createLoan, getLoan, listLoans, listRepayments } from './loan-operations.ts';
export { recordPayment } from './payment-operations.ts';
export { reversePayment } from './reversal-operations.ts';
