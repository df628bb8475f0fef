/**
 * Ready-made documents to send: a drawn photo (PNG) and a statement (PDF), made in the browser, plainly marked as samples.
 * Each differs from the others in its bytes, so that none counts as a repetition.
 */
import type { Say } from './words.tsx';

/** A document of the menu; its name is the text `sample.<id>`. */
export interface Sample {
  readonly id: string;
  readonly kind: 'photo' | 'pdf';
}

/** What the menu offers. */
export const SAMPLES: readonly Sample[] = [
  { id: 'idFront', kind: 'photo' },
  { id: 'idBack', kind: 'photo' },
  { id: 'property', kind: 'photo' },
  { id: 'licence', kind: 'photo' },
  { id: 'statement', kind: 'pdf' },
];

/** Several at once, as one album. */
export const ALBUM: readonly Sample[] = SAMPLES.slice(0, 3);

/** The sample as a file, named in the visitor's language. */
export async function sampleFile(sample: Sample, say: Say): Promise<File> {
  const name = say(`sample.${sample.id}`);
  if (sample.kind === 'pdf') return new File([statementPdf()], name, { type: 'application/pdf' });
  return new File([await photo(name.replace(/\.\w+$/, ''), say('sample.mark'))], name, { type: 'image/png' });
}

function photo(title: string, mark: string): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = 960;
  canvas.height = 600;
  const pen = canvas.getContext('2d');
  if (pen === null) throw new Error('this browser cannot draw');
  pen.fillStyle = '#cfd8dc';
  pen.fillRect(0, 0, 960, 600);
  pen.fillStyle = '#fdfaf2';
  pen.fillRect(60, 50, 840, 500);
  pen.strokeStyle = '#0b5d54';
  pen.lineWidth = 6;
  pen.strokeRect(60, 50, 840, 500);
  pen.fillStyle = '#1d2b2a';
  pen.font = '700 64px sans-serif';
  pen.fillText(title, 110, 160);
  pen.fillStyle = '#b7c4c1';
  for (let line = 0; line < 5; line += 1) pen.fillRect(110, 220 + line * 56, 420 + ((line * 97) % 240), 18);
  pen.fillStyle = '#b3541e';
  pen.font = '600 34px sans-serif';
  pen.fillText(mark, 110, 520);
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob === null ? reject(new Error('this browser cannot save pictures')) : resolve(blob)),
      'image/png',
    );
  });
}

/** One page of PDF 1.4 with a cross-reference table that fits. */
function statementPdf(): Blob {
  const rows = [
    '2026-05-31  4,820.00  81,204.55',
    '2026-06-30  5,130.00  79,661.20',
    '2026-07-31  4,990.00  83,018.74',
  ];
  const lines = ['BANK STATEMENT  SAMPLE - NOT A REAL DOCUMENT', 'Date        In        Balance', ...rows];
  const content = `BT /F1 14 Tf 60 780 Td 22 TL ${lines.map((line) => `(${line}) Tj T*`).join(' ')} ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>',
  ];
  let text = '%PDF-1.4\n';
  const offsets = objects.map((body, index) => {
    const at = text.length;
    text += `${index + 1} 0 obj\n${body}\nendobj\n`;
    return at;
  });
  const table = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('');
  const end = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
  return new Blob([text, end], { type: 'application/pdf' });
}
