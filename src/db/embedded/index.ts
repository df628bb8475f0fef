/** The door of the embedded PostgreSQL. */
export { openDatabase, type OpenDatabase } from './open-database.ts';
