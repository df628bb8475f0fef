/** An answer with `errcode` ≠ 0; HTTP status stays 200 as on the real platform. */
export class WecomFault extends Error {
  readonly errcode: number;

  /** `message` is the bare English text; the envelope adds hint, address and link. */
  constructor(errcode: number, message: string) {
    super(message);
    this.name = 'WecomFault';
    this.errcode = errcode;
  }
}

/** @throws WecomFault unless `holds`. */
export function demand(holds: boolean, errcode: number, message: string): asserts holds {
  if (!holds) throw new WecomFault(errcode, message);
}

/** UTF-8 length: every hard limit of WeCom counts bytes. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
