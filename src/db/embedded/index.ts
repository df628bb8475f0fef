/** The door of the embedded PostgreSQL. */
export { openDatabase, type DatabaseNote, type OpenDatabase } from './open-database.ts';
