/** Process entry: parse argv and settings, run the command, stop on signals. */
import { setFlagsFromString } from 'node:v8';
import { runCommand } from './cli/index.ts';
import { watchOutput } from './cli/output.ts';
import { giveBackWhenQuiet } from './lib/quiet-memory.ts';

// Left alone, a heap of fifty megabytes is marked anew whenever it has grown by a few; each time the marking threads take a
// small machine's cores away from the database for a tenth of a second, and a platform waits for its 200 meanwhile. With
// three times what is in use as the limit that is rare. The limit is read at the end of every collection, so it may be set now.
setFlagsFromString('--heap-growing-percent=200');
giveBackWhenQuiet();

const end = watchOutput({ out: process.stdout, err: process.stderr }, process.env);
process.exitCode = await end(await runCommand(process.argv.slice(2), process.env));

// All that is ours is closed by now. A connection that a library keeps to a Redis that has stopped answering is not, and would
// keep the process for as long.
const LEFT_OVER_MS = 2_000;
setTimeout(() => process.exit(), LEFT_OVER_MS).unref();
