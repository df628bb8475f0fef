/** Process entry: parse argv and settings, run the command, stop on signals. */
import { runCommand } from './cli/index.ts';

process.exitCode = await runCommand(process.argv.slice(2), process.env);
