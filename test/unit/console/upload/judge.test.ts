/** What the upload page refuses as soon as it is chosen, held against what the server says to the same file. */
import { describe, expect, test } from 'vitest';
import { judge, type Limits } from '../../../../src/console/upload/judge.ts';
import { intakeFile, MAX_FILE_BYTES, MIN_FILE_BYTES, REFUSED_UNSEEN } from '../../../../src/domain/documents/index.ts';
import { exeFile, jpegFile, pdfFile, zipFile } from '../../../support/files.ts';

const LIMITS: Limits = { files: 2, most: MAX_FILE_BYTES, least: MIN_FILE_BYTES, ...REFUSED_UNSEEN };

function problems(...files: readonly (readonly [name: string, type: string, size: number])[]): unknown[] {
  return judge(
    files.map(([name, type, size]) => ({ name, type, size })),
    LIMITS,
  ).map(({ problem }) => problem);
}

describe('what is refused as soon as it is chosen', () => {
  test.each([
    ['x.txt', 'text/plain'],
    ['合同.docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    ['流水.xlsx', ''],
    ['run.EXE ', ''],
    ['notes', 'text/plain'],
    ['drawing.svg', 'image/svg+xml'],
  ])('%s (%s): the server would not take it, whatever is in it', async (name, type) => {
    expect(problems([name, type, 5_000])).toEqual(['wrong_type']);
    for (const bytes of [jpegFile(), pdfFile(), exeFile(), zipFile()])
      expect(await intakeFile(bytes, { name, mime: type })).toMatchObject({ kind: 'refused' });
  });

  test.each([
    ['流水.pdf', 'application/pdf'],
    ['IMG_0012.HEIC', 'image/heic'],
    ['流水.2026.final', ''],
    ['scan.pdf', 'application/octet-stream'],
  ])('%s (%s) may be sent', (name, type) => {
    expect(problems([name, type, 5_000])).toEqual([undefined]);
  });

  test('a file with nothing in it, one that is cut off and one that is too big are told apart', () => {
    expect(
      problems(
        ['a.pdf', 'application/pdf', 0],
        ['b.pdf', 'application/pdf', 19],
        ['c.pdf', 'application/pdf', MAX_FILE_BYTES + 1],
        ['d.pdf', 'application/pdf', MAX_FILE_BYTES],
      ),
    ).toEqual(['empty', 'damaged', 'too_big', undefined]);
  });

  test('what is refused takes nobody’s place', () => {
    expect(problems(['x.txt', 'text/plain', 90], ['a.jpg', '', 90], ['b.jpg', '', 90], ['c.jpg', '', 90])).toEqual([
      'wrong_type',
      undefined,
      undefined,
      'too_many',
    ]);
  });
});
