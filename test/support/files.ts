/** Small real files for tests. The `seed` makes each one's bytes its own. */

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
);
const JPEG_HEAD = Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex');
const JPEG_TAIL = Buffer.from('ffd9', 'hex');

/** A 1×1 PNG with a text behind its last chunk. */
export function pngFile(seed = ''): Buffer {
  return Buffer.concat([PNG, Buffer.from(seed)]);
}

/** A photo as a phone sends it. */
export function jpegFile(seed = ''): Buffer {
  return Buffer.concat([JPEG_HEAD, Buffer.from(`comment ${seed.padEnd(32, '.')}`), JPEG_TAIL]);
}

/** A one-page PDF; `isProtected` gives it an encryption dictionary. */
export function pdfFile(seed = '', isProtected = false): Buffer {
  const encrypt = isProtected ? '/Encrypt 4 0 R ' : '';
  return Buffer.from(
    `%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n% ${seed}\ntrailer<</Root 1 0 R ${encrypt}>>\n%%EOF\n`,
    'latin1',
  );
}

export function webpFile(): Buffer {
  return Buffer.concat([Buffer.from('RIFF'), Buffer.from([60, 0, 0, 0]), Buffer.from('WEBPVP8 '), Buffer.alloc(52)]);
}

export function heicFile(): Buffer {
  return Buffer.concat([
    Buffer.from([0, 0, 0, 24]),
    Buffer.from('ftypheic'),
    Buffer.alloc(4),
    Buffer.from('mif1heic'),
    Buffer.alloc(40),
  ]);
}

/** A Windows program. */
export function exeFile(): Buffer {
  return Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200, 1)]);
}

export function zipFile(): Buffer {
  return Buffer.concat([
    Buffer.from('504b0304140000000000', 'hex'),
    Buffer.alloc(60),
    Buffer.from('504b0506', 'hex'),
    Buffer.alloc(18),
  ]);
}
