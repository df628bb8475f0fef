export { add, finish, finishAbout, listTodos } from './todo-operations.ts';
export { addForChat, addForOwner, askForHelp, passOnFromChat, tellTodo } from './desk-operations.ts';
export { addTodo, addTodos, finishTodos, ownerOf, type TodoDraft } from './todo-store.ts';
