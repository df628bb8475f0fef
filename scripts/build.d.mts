/** Brings dist/ up to date; gives the names of the steps that ran. `say` gets one line per step. */
export function build(options?: {
  readonly root?: string;
  readonly force?: boolean;
  readonly say?: (line: string) => void;
}): Promise<string[]>;

/** Takes away a build's lock that was judged dead by its `holder`; the fresh lock of another is given back. */
export function discard(file: string, holder: string): void;
