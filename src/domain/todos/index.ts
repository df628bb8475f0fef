export { add, askAgainAbout, countAbout, finish, finishAbout, listTodos, reopen } from './todo-operations.ts';
export {
  addForChat,
  addForOwner,
  askForHelp,
  followCustomer,
  inheritTodos,
  passOnFromChat,
  passOnWords,
  tellOwner,
  tellTodo,
} from './desk-operations.ts';
export { addTodo, addTodos, amendTodos, askTodos, finishTodos, lockLoans, ownerOf, PUT_ASIDE } from './todo-store.ts';
export { COMPLAINT_LIES, remindOfComplaint, remindOfEarlier } from './complaint-reminders.ts';
