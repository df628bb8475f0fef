/** Brings dist/ up to date; gives the names of the steps that ran. `say` gets one line per step. */
export function build(options?: {
  readonly root?: string;
  readonly force?: boolean;
  readonly say?: (line: string) => void;
}): Promise<string[]>;
