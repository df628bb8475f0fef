export { add, addForOwner, finish, listTodos } from './todo-operations.ts';
export { addTodo, type TodoDraft } from './todo-store.ts';
