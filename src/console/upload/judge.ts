/** What is refused as soon as it is chosen, with the server's own limits: the link works once, and afterwards is too late. */

/** The server's limits: files at a time, bytes of a file, and what a taken file is never called. */
export interface Limits {
  readonly files: number;
  readonly most: number;
  readonly least: number;
  readonly endings: readonly string[];
  readonly types: readonly string[];
}

/** Why a file will not be sent: a word of the page. */
export type Problem = 'wrong_type' | 'empty' | 'damaged' | 'too_big' | 'too_many';

/** Each file with its problem; only those without one count towards the number of files. */
export function judge<F extends Pick<File, 'name' | 'type' | 'size'>>(
  files: readonly F[],
  limits: Limits,
): readonly { readonly file: F; readonly problem: Problem | undefined }[] {
  let room = limits.files;
  return files.map((file) => {
    const problem = problemOf(file, limits);
    if (problem !== undefined) return { file, problem };
    room -= 1;
    return { file, problem: room < 0 ? 'too_many' : undefined };
  });
}

function problemOf(file: Pick<File, 'name' | 'type' | 'size'>, limits: Limits): Problem | undefined {
  if (isWrongType(file, limits)) return 'wrong_type';
  if (file.size === 0) return 'empty';
  if (file.size < limits.least) return 'damaged';
  return file.size > limits.most ? 'too_big' : undefined;
}

function isWrongType({ name, type }: Pick<File, 'name' | 'type'>, { endings, types }: Limits): boolean {
  const ending = /\.([A-Za-z0-9]{1,5})\s*$/u.exec(name)?.[1]?.toLowerCase() ?? '';
  return endings.includes(ending) || (type !== '' && !types.some((start) => type.startsWith(start)));
}
