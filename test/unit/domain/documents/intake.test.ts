import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { intakeFile, MAX_FILE_BYTES } from '../../../../src/domain/documents/index.ts';
import { exeFile, heicFile, jpegFile, pdfFile, pngFile, webpFile, zipFile } from '../../../support/files.ts';

const accepted = (mime: string, isProtected = false): object => ({ kind: 'accepted', mime, isProtected });
const refused = (reason: string): object => ({ kind: 'refused', reason });

describe('what a file is', () => {
  test.each([
    ['a photo', jpegFile(), 'image/jpeg'],
    ['a screenshot', pngFile(), 'image/png'],
    ['a WebP picture', webpFile(), 'image/webp'],
    ['an iPhone photo', heicFile(), 'image/heic'],
    ['a PDF', pdfFile(), 'application/pdf'],
  ])('%s is known by its bytes alone', async (_what, bytes, mime) => {
    expect(await intakeFile(bytes)).toEqual(accepted(mime));
  });

  test.each([
    ['a program', exeFile()],
    ['an archive', zipFile()],
    ['a web page', Buffer.from('<!DOCTYPE html><html><body>hello, this is not a document</body></html>')],
    ['a drawing with scripts', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')],
    ['plain words', Buffer.from('这是一段文字，不是图片，也不是 PDF 文件。')],
    ['zeros', Buffer.alloc(500)],
  ])('%s is not taken', async (_what, bytes) => {
    expect(await intakeFile(bytes)).toEqual(refused('wrong_type'));
  });

  test.each([
    ['a program called photo.jpg', exeFile(), { name: 'photo.jpg' }],
    ['a program that says it is a picture', exeFile(), { mime: 'image/jpeg' }],
    ['a photo called 流水.pdf', jpegFile(), { name: '流水.pdf' }],
    ['a PDF that says it is a picture', pdfFile(), { mime: 'image/png' }],
    ['a photo called setup.exe', jpegFile(), { name: 'setup.exe' }],
    ['a PDF with two endings', pdfFile(), { name: '合同.pdf.exe' }],
    ['a photo sent as a spreadsheet', pngFile(), { name: '流水.xlsx', mime: 'application/vnd.ms-excel' }],
  ])('%s is refused as something else than it says', async (_what, bytes, claim) => {
    expect(await intakeFile(bytes, claim)).toEqual(refused('lying_type'));
  });

  test.each([
    ['a PNG called .jpg', pngFile(), { name: 'IMG_0012.JPG', mime: 'image/jpeg' }, 'image/png'],
    ['a file without an ending', pdfFile(), { name: '流水' }, 'application/pdf'],
    ['a file of no stated type', pdfFile(), { name: '流水.PDF', mime: 'application/octet-stream' }, 'application/pdf'],
    ['a name with dots in it', jpegFile(), { name: '身份证.2026.final' }, 'image/jpeg'],
    ['a type with parameters', pdfFile(), { mime: 'Application/PDF; charset=binary' }, 'application/pdf'],
  ])('%s is taken for what it is', async (_what, bytes, claim, mime) => {
    expect(await intakeFile(bytes, claim)).toEqual(accepted(mime));
  });

  test('a document that is really one is refused by type, not as a lie', async () => {
    expect(await intakeFile(zipFile(), { name: '资料.zip', mime: 'application/zip' })).toEqual(refused('wrong_type'));
  });

  test('a note of a few words is refused by type, not as a file that broke', async () => {
    expect(await intakeFile(Buffer.from('hello'), { name: 'note.txt', mime: 'text/plain' })).toEqual(
      refused('wrong_type'),
    );
  });

  test('a file with nothing in it is refused as empty, one that is cut off as damaged', async () => {
    expect(await intakeFile(Buffer.alloc(0))).toEqual(refused('empty'));
    expect(await intakeFile(pngFile().subarray(0, 8))).toEqual(refused('damaged'));
    expect(await intakeFile(Buffer.from('%PDF-1.7'), { name: 'a.pdf' })).toEqual(refused('damaged'));
  });

  test('a moving picture that says it is one is refused by type, not as a lie', async () => {
    const gif = Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(60)]);

    expect(await intakeFile(gif, { name: 'a.gif', mime: 'image/gif' })).toEqual(refused('wrong_type'));
  });

  test('20 MB are taken, one byte more is not', async () => {
    const atLimit = Buffer.concat([pdfFile(), Buffer.alloc(MAX_FILE_BYTES - pdfFile().length, 32)]);

    expect(await intakeFile(atLimit)).toEqual(accepted('application/pdf'));
    expect(await intakeFile(Buffer.concat([atLimit, Buffer.from(' ')]))).toEqual(refused('too_big'));
  });

  test('a PDF that asks for a password is noted, one that only mentions encryption is not', async () => {
    expect(await intakeFile(pdfFile('', true))).toEqual(accepted('application/pdf', true));
    expect(await intakeFile(pdfFile('/Encrypted /EncryptMetadata true'))).toEqual(accepted('application/pdf', false));
  });

  test('no bytes and no claim make it throw', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 400 }),
        fc.constantFrom(
          '',
          'ffd8ff',
          '89504e470d0a1a0a',
          '25504446',
          '52494646',
          '504b0304',
          '00000018667479706865696300',
        ),
        fc.string(),
        fc.string(),
        async (bytes, head, name, mime) => {
          const judged = await intakeFile(Buffer.concat([Buffer.from(head, 'hex'), bytes]), { name, mime });
          expect(['accepted', 'refused']).toContain(judged.kind);
        },
      ),
      { seed: 20261121, numRuns: 300 },
    );
  });
});
