/**
 * What a file really is, judged by its bytes. A sender's name and type are claims: they are compared with the content
 * and never believed. Pure: nothing is stored here.
 */
import { fileTypeFromBuffer } from 'file-type';

/** The largest file that is taken, in bytes; Telegram hands a bot no larger ones. */
export const MAX_FILE_BYTES = 20 * 1024 * 1024;
/** Below this no photo or PDF is whole; the smallest complete PNG has 67 bytes. */
export const MIN_FILE_BYTES = 32;

/** Why a file is not taken: nothing in it, cut off, too big, a type nobody can review, or another type than it says it is. */
export const REFUSALS = ['empty', 'damaged', 'too_big', 'wrong_type', 'lying_type'] as const;
/** One of {@link REFUSALS}. */
export type Refusal = (typeof REFUSALS)[number];

/** What the sender or his platform says about a file. */
export interface FileClaim {
  readonly name?: string;
  readonly mime?: string;
}

/** A file's real type, or why it is refused. `isProtected`: a PDF that is encrypted and may ask for a password. */
export type Intake =
  | { readonly kind: 'accepted'; readonly mime: string; readonly isProtected: boolean }
  | { readonly kind: 'refused'; readonly reason: Refusal };

type Kind = 'image' | 'pdf' | 'other';

const ACCEPTED = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/heic', 'image/heif', 'application/pdf']);

const IMAGE_ENDINGS = new Set(['jpg', 'jpeg', 'jfif', 'png', 'webp', 'heic', 'heif', 'gif', 'bmp', 'tif', 'tiff']);
// Only endings that surely name another type: in "流水.2026.final" nothing is claimed.
const OTHER_ENDINGS = new Set(
  'apk app avi bat bin cmd com csv dll dmg doc docm docx eml exe gz hta htm html iso jar js json lnk m4a md mkv mov mp3 mp4 msi ps1 ppt pptx py rar rtf scr sh svg swf tar txt vbs wav xls xlsm xlsx xml zip 7z'.split(
    ' ',
  ),
);
const NO_CLAIM = new Set(['', 'application/octet-stream', 'binary/octet-stream']);

/** What a page can refuse before anything is sent: the bytes decide, but nothing taken is called like this. */
export const REFUSED_UNSEEN = {
  /** Endings of names, lower case. */
  endings: [...OTHER_ENDINGS, 'gif', 'bmp', 'tif', 'tiff'],
  /** How the stated type of a taken file begins; empty where nothing is stated. */
  types: ['image/', 'application/pdf', 'application/x-pdf', 'application/octet-stream', 'binary/octet-stream'],
} as const;

/** Judges a file's bytes against what is said about it. Never throws, whatever the bytes are. */
export async function intakeFile(bytes: Buffer, claim: FileClaim = {}): Promise<Intake> {
  if (bytes.length > MAX_FILE_BYTES) return { kind: 'refused', reason: 'too_big' };
  if (bytes.length < MIN_FILE_BYTES) return { kind: 'refused', reason: reasonForShort(bytes, claim) };
  const mime = await mimeOf(bytes);
  const actual = mimeKind(mime) ?? 'other';
  if (claims(claim).some((claimed) => claimed !== actual)) return { kind: 'refused', reason: 'lying_type' };
  if (!ACCEPTED.has(mime)) return { kind: 'refused', reason: 'wrong_type' };
  return { kind: 'accepted', mime, isProtected: actual === 'pdf' && isEncrypted(bytes) };
}

async function mimeOf(bytes: Buffer): Promise<string> {
  try {
    return (await fileTypeFromBuffer(bytes))?.mime ?? '';
  } catch {
    return ''; // a header that promises more than there is
  }
}

/** A short note.txt is no photo that broke on the way. */
function reasonForShort(bytes: Buffer, claim: FileClaim): Refusal {
  const claimed = claims(claim);
  if (claimed.length > 0 && claimed.every((kind) => kind === 'other')) return 'wrong_type';
  return bytes.length === 0 ? 'empty' : 'damaged';
}

function claims(claim: FileClaim): readonly Kind[] {
  return [endingKind(claim.name), mimeKind(claim.mime)].filter((kind) => kind !== undefined);
}

function endingKind(name: string | undefined): Kind | undefined {
  const ending = /\.([A-Za-z0-9]{1,5})\s*$/u.exec(name ?? '')?.[1]?.toLowerCase();
  if (ending === undefined) return undefined;
  if (IMAGE_ENDINGS.has(ending)) return 'image';
  if (ending === 'pdf') return 'pdf';
  return OTHER_ENDINGS.has(ending) ? 'other' : undefined;
}

function mimeKind(claimed: string | undefined): Kind | undefined {
  const mime = (claimed ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (NO_CLAIM.has(mime)) return undefined;
  if (mime.startsWith('image/') && mime !== 'image/svg+xml') return 'image';
  return mime === 'application/pdf' || mime === 'application/x-pdf' ? 'pdf' : 'other';
}

// The trailer of an encrypted PDF names its encryption dictionary in plain (ISO 32000-1, 7.6.1), also where it is a stream.
function isEncrypted(bytes: Buffer): boolean {
  return /\/Encrypt\s*(?:\d+\s+\d+\s+R|<<)/u.test(bytes.toString('latin1'));
}
