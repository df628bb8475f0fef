/** Where files go that were picked, pasted or dropped. */
import { expect, test } from 'vitest';
import { hasFiles, pastedFiles, sendFiles } from '../../../../src/sandbox/page/outgoing.ts';

const photo = (name: string, size = 10): File => new File([new Uint8Array(size)], name, { type: 'image/png' });
const paper = new File(['%PDF'], 'a.pdf', { type: 'application/pdf' });

function sent(picked: readonly File[], platform: { files: 'all' | 'pictures'; hasAlbums: boolean }): readonly string[] {
  const done: string[] = [];
  sendFiles(picked, {
    ...platform,
    onRefused: (key) => done.push(key),
    onFile: ({ name }) => done.push(name),
    onAlbum: (files) => done.push(files.map(({ name }) => name).join('+')),
  });
  return done;
}

const WECOM = { files: 'pictures', hasAlbums: false } as const;
const SLACK = { files: 'all', hasAlbums: false } as const;
const TELEGRAM = { files: 'all', hasAlbums: true } as const;

test('one by one, several photos together where there are albums', () => {
  expect(sent([photo('1'), photo('2')], SLACK)).toEqual(['1', '2']);
  expect(sent([photo('1'), photo('2')], TELEGRAM)).toEqual(['1+2']);
  expect(sent([photo('1'), paper], TELEGRAM)).toEqual(['1', 'a.pdf']);
  expect(sent([], TELEGRAM)).toEqual([]);
});

test('nowhere when they are too large, or documents for WeCom', () => {
  expect(sent([photo('1', 7_000_000), photo('2', 7_000_000)], TELEGRAM)).toEqual(['page.phone.too_big']);
  expect(sent([paper], WECOM)).toEqual(['page.phone.no_documents']);
  expect(sent([photo('1')], WECOM)).toEqual(['1']);
});

test('a picture is taken from the clipboard, not the picture of copied words; dragged words are no files', () => {
  const clipboard = (words: string) => pastedFiles({ getData: () => words, files: [photo('screen.png')] });

  expect(clipboard('').map(({ name }) => name)).toEqual(['screen.png']);
  expect(clipboard('姓名\t金额')).toEqual([]);
  expect(hasFiles({ types: ['Files'] })).toBe(true);
  expect(hasFiles({ types: ['text/plain'] })).toBe(false);
});
