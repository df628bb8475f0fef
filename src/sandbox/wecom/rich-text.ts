/** WeCom shows a little HTML and swallows the rest: an unescaped `<div>` in a customer's name disappears. */

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', '#39': "'", nbsp: ' ' };

/** The text a member reads. A link becomes its words and, after a space, its address; other tags vanish. */
export function plainText(text: string): string {
  return text
    .replaceAll(/<a\s[^>]*href\s*=\s*["']([^"']*)["'][^>]*>([\s\S]*?)<\/a>/gi, '$2 $1')
    .replaceAll(/<br\s*\/?>/gi, '\n')
    .replaceAll(/<\/?[a-zA-Z][^<>]*>/g, '')
    .replaceAll(/&(lt|gt|amp|quot|#39|nbsp);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}

/** Cut after so many UTF-8 bytes, in the middle of a character if need be (it then shows as `�`). */
export function cutBytes(text: string, bytes: number): string {
  const raw = Buffer.from(text, 'utf8');
  return raw.length <= bytes ? text : raw.subarray(0, bytes).toString('utf8');
}
