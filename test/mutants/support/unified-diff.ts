/** Applies a unified diff to files of a folder. Line numbers are ignored; the old lines must be there exactly once. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

interface Hunk {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/** The hunks of a diff. Only changes of existing files: a mutant changes code, it does not add any. */
export function readDiff(diff: string): readonly Hunk[] {
  const hunks: Hunk[] = [];
  let file = '';
  let lines: string[] | undefined;
  const close = (): void => {
    if (lines === undefined) return;
    const side = (mark: string): string =>
      (lines ?? [])
        .filter((line) => line[0] === ' ' || line[0] === mark)
        .map((line) => `${line.slice(1)}\n`)
        .join('');
    hunks.push({ file, before: side('-'), after: side('+') });
    lines = undefined;
  };
  for (const line of diff.split('\n')) {
    if (line.startsWith('--- ') || line.startsWith('@@')) close();
    if (line.startsWith('+++ b/')) file = line.slice('+++ b/'.length).trim();
    else if (line.startsWith('@@')) lines = [];
    else if (lines !== undefined && /^[ +-]/.test(line)) lines.push(line);
  }
  close();
  return hunks;
}

/** @throws Error when a hunk's old lines are not in its file, or more than once. */
export function applyDiff(folder: string, diff: string): void {
  const hunks = readDiff(diff);
  if (hunks.length === 0) throw new Error('the patch changes nothing');
  for (const { file, before, after } of hunks) {
    const full = path.join(folder, file);
    const text = readFileSync(full, 'utf8');
    const places = text.split(before).length - 1;
    if (places !== 1) throw new Error(`${file}: the old lines are there ${places} times`);
    writeFileSync(
      full,
      text.replace(before, () => after),
    );
  }
}
