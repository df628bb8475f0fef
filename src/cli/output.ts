/** Standard output and error: whoever reads them may have gone (`| head -1`), what takes them may be full. Neither ends a server. */
import path from 'node:path';
import { packageRoot, terminalLanguage } from '../config/env.ts';
import { loadTexts } from '../lib/i18n.ts';

/** The standard streams of this process. */
export interface Streams {
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream;
}

/**
 * Hears from now on what cannot be written; without a listener it would end the process in the middle of its work.
 * @returns What a command ends with: nobody wants the rest of what a closed pipe has refused, anything else makes success a
 * failure and is told.
 */
export function watchOutput(
  { out, err }: Streams,
  source: Readonly<Record<string, string | undefined>>,
): (code: number) => Promise<number> {
  let fault: NodeJS.ErrnoException | undefined;
  const note = (error?: Error | null): void => {
    fault ??= error ?? undefined;
  };
  out.on('error', note);
  err.on('error', () => undefined); // there is nowhere left to tell it
  return async (code) => {
    await new Promise<void>((resolve) => {
      out.write('', (error) => {
        note(error);
        resolve();
      });
    });
    if (fault === undefined || fault.code === 'EPIPE') return code;
    const texts = loadTexts(path.join(packageRoot, 'locales'));
    const detail = fault.code ?? fault.message;
    err.write(`✗ ${texts.translate(terminalLanguage(source), 'cli.output', { detail })}\n`);
    return code === 0 ? 1 : code;
  };
}
