/** Slack's three body shapes (JSON, form, form with one `payload`) as one record. */

/** A request body as one record, whatever its encoding was. */
export type SlackBody = Readonly<Record<string, unknown>>;

/**
 * The body of a verified request; `undefined` when it is neither JSON nor a form or does not parse. The media type is
 * compared without its parameters: `; charset=utf-8` occurs and means the same.
 */
export function parseBody(contentType: string | undefined, text: string): SlackBody | undefined {
  const mediaType = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType === 'application/json') return parseRecord(text);
  if (mediaType !== 'application/x-www-form-urlencoded') return undefined;
  const form = new URLSearchParams(text);
  const payload = form.get('payload');
  return payload === null ? Object.fromEntries(form) : parseRecord(payload);
}

/**
 * True for Slack's certificate probe (`ssl_check=1`), which is answered 200 and means nothing; Slack does not promise
 * to sign it, and Bolt's own receiver answers it before verifying.
 */
export function isSslCheck(contentType: string | undefined, body: Buffer): boolean {
  if (!(contentType ?? '').toLowerCase().startsWith('application/x-www-form-urlencoded') || body.length > 4096)
    return false;
  return new URLSearchParams(body.toString('utf8')).get('ssl_check') === '1';
}

function parseRecord(text: string): SlackBody | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? Object.fromEntries(Object.entries(parsed))
      : undefined;
  } catch {
    return undefined;
  }
}
