/** Files that a person names at the terminal. */
import { readFileSync } from 'node:fs';
import { AppError, defineErrors, errorText } from '../lib/errors.ts';

/** What can be wrong with a file a person names. */
export const fileErrors = defineErrors({
  'file.unreadable': [422, 'info'],
});

/** The text of a file. @throws AppError `file.unreadable` */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new AppError(fileErrors['file.unreadable'], { params: { file, reason: errorText(error) } });
  }
}
