/** Photos, documents, voices and videos as messages show them. */
import { compact, type Fields } from '../kernel/values.ts';
import type { StoredFile } from './types.ts';
import type { World } from './world.ts';

/** Longest sides of the sizes a photo comes in, smallest first. */
const SIDES = [90, 320, 800, 1280] as const;

/** `photo`: two to four sizes of one picture, each a file of its own; only the largest holds the whole bytes. */
function photoMember(world: World, file: StoredFile): Fields {
  const count = Math.min(SIDES.length, Math.max(2, Math.ceil(file.bytes.length / 20_000)));
  const sides = SIDES.slice(0, count);
  const sizes = sides.map((side, at) => {
    const isLargest = at === count - 1;
    const part = isLargest
      ? file
      : world.keepFile('photo', file.bytes.subarray(0, Math.ceil((file.bytes.length * (at + 1)) / (count + 1))));
    return {
      file_id: part.id,
      file_unique_id: part.uniqueId,
      width: side,
      height: Math.round(side * 0.75),
      file_size: part.bytes.length,
    };
  });
  return { photo: sizes };
}

/** `document`: name and type are the sender's claim. */
function documentMember(_world: World, file: StoredFile): Fields {
  return { document: { ...fileMember(file), ...compact({ file_name: file.name, mime_type: file.mime }) } };
}

/** `voice`. */
function voiceMember(_world: World, file: StoredFile): Fields {
  const duration = Math.max(1, Math.round(file.bytes.length / 2_000));
  return { voice: { ...fileMember(file), duration, mime_type: file.mime ?? 'audio/ogg' } };
}

/** `video`. */
function videoMember(_world: World, file: StoredFile): Fields {
  const claims = compact({ file_name: file.name, mime_type: file.mime });
  return { video: { ...fileMember(file), width: 1280, height: 720, duration: 1, ...claims } };
}

/** The member of a message that shows a file of this kind. */
export const FILE_MEMBERS = { photo: photoMember, document: documentMember, voice: voiceMember, video: videoMember };

function fileMember(file: StoredFile): Fields {
  return { file_id: file.id, file_unique_id: file.uniqueId, file_size: file.bytes.length };
}
