/** A process that uses the embedded database: prints the address once it is open, leaves properly when its input ends. */
import { openDatabase, type DatabaseNote } from '../../src/db/embedded/index.ts';

const [dataDir = ''] = process.argv.slice(2);
const notes: DatabaseNote[] = [];
try {
  const database = await openDatabase({ dataDir, onNote: (note) => notes.push(note) });
  process.stdout.write(`${JSON.stringify({ url: database.url, notes })}\n`);
  process.stdin.resume().once('end', () => void database.close());
} catch (error) {
  process.stdout.write(`${JSON.stringify(error)}\n`);
}
