export { createLoan, getLoan, listLoans } from './loan-operations.ts';
export { recordPayment } from './payment-operations.ts';
export { listRepayments } from './repayment-operations.ts';
export { reversePayment } from './reversal-operations.ts';
