/** The JSON body of a request: of the type it says it is, not too large, and not nested to exhaust whoever walks through it. */
import express, { type RequestHandler } from 'express';
import { AppError, commonErrors } from '../lib/errors.ts';

const MAX_BYTES = 1024 * 1024;
/** `application/json` with any parameters, and types that say they are JSON: `application/merge-patch+json`. */
const JSON_TYPES = ['json', '+json'];
/** No request nests deeper than a decision table's cells; what does was made to exhaust a stack. */
const MAX_DEPTH = 32;

/** Whether a value nests deeper than any request has to. */
export function isTooDeep(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap((part) => (typeof part === 'object' && part !== null ? Object.values(part) : []));
  }
  return false;
}

/**
 * Reads the body of every request behind it, if there is one. A body under another type is refused: passed over, a change would
 * be answered with 200 and not be made.
 * @throws AppError request.not_json, request.malformed, request.too_large
 */
export function jsonBody(): readonly RequestHandler[] {
  const readJson = express.json({ type: JSON_TYPES, limit: MAX_BYTES, strict: false, verify: refuseUnreadable });
  return [refuseOtherTypes, refuseLarger(MAX_BYTES), readJson, refuseDeep];
}

/** Refuses a body by the length it declares, before any of it is read; what is still sent goes nowhere, so the connection ends. */
export function refuseLarger(maxBytes: number): RequestHandler {
  return (request, response, next) => {
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      response.set('connection', 'close');
      throw new AppError(commonErrors['request.too_large']);
    }
    next();
  };
}

/** Bytes that are no text would be read as other words than were sent. */
function refuseUnreadable(_request: unknown, _response: unknown, bytes: Buffer, encoding: string): void {
  try {
    new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    throw new AppError(commonErrors['request.malformed'], { cause: error });
  }
}

const refuseOtherTypes: RequestHandler = (request, _response, next) => {
  const { 'content-length': length, 'transfer-encoding': chunks } = request.headers;
  const hasBody = chunks !== undefined || Number(length ?? 0) > 0;
  if (hasBody && request.is(JSON_TYPES) === false) throw new AppError(commonErrors['request.not_json']);
  next();
};

const refuseDeep: RequestHandler = (request, _response, next) => {
  if (isTooDeep(request.body)) throw new AppError(commonErrors['request.malformed']);
  next();
};
