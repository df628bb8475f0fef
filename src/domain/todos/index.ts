export { add, finish, finishAbout, listTodos } from './todo-operations.ts';
export {
  addForChat,
  addForOwner,
  askForHelp,
  inheritTodos,
  passOnFromChat,
  passOnWords,
  tellTodo,
} from './desk-operations.ts';
export { addTodo, addTodos, finishTodos, ownerOf } from './todo-store.ts';
