/** Files on their way out of a phone, however they came to it: picked, pasted or dropped. */

const MAX_BYTES = 12 * 1_048_576;
const MAX_ALBUM = 10;

/** What a phone does with files. */
export interface Outgoing {
  readonly files: 'all' | 'pictures';
  /** Several photos go as one album. */
  readonly hasAlbums: boolean;
  /** Why nothing is sent, by the key of its text. */
  readonly onRefused: (key: string) => void;
  readonly onFile: (file: File) => void;
  readonly onAlbum: (files: readonly File[]) => void;
}

/** Sends them, several photos together where the platform has albums. */
export function sendFiles(picked: readonly File[], { files, hasAlbums, onRefused, onFile, onAlbum }: Outgoing): void {
  const isPhotos = picked.every(({ type }) => type.startsWith('image/'));
  if (picked.reduce((sum, { size }) => sum + size, 0) > MAX_BYTES) onRefused('page.phone.too_big');
  else if (files === 'pictures' && !isPhotos) onRefused('page.phone.no_documents');
  else if (hasAlbums && isPhotos && picked.length > 1) onAlbum(picked.slice(0, MAX_ALBUM));
  else picked.forEach(onFile);
}

/** The files of a clipboard; none where it holds words: what an office program copies is a text, and only then a picture of it. */
export function pastedFiles(clipboard: {
  readonly files: Iterable<File>;
  getData(format: string): string;
}): readonly File[] {
  return clipboard.getData('text/plain') === '' ? [...clipboard.files] : [];
}

/** Whether what is dragged are files and not words, which the field takes by itself. */
export function hasFiles({ types }: { readonly types: readonly string[] }): boolean {
  return types.includes('Files');
}
