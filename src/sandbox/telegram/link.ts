/** Inline links of formatted texts: web addresses and `tg://user?id=…` mentions. */
import type { Entity } from './entities.ts';

/** The entity for a link target; `undefined` when the server would silently drop it. */
export function linkEntity(
  target: string,
  place: { readonly offset: number; readonly length: number },
): Entity | undefined {
  const user = /^tg:\/\/user\/?\?id=(\d+)$/i.exec(target)?.[1];
  if (user !== undefined) return { type: 'text_mention', ...place, user_id: Number(user) };
  const url = checkedUrl(target);
  return url === undefined ? undefined : { type: 'text_link', ...place, url };
}

/** The address as the server keeps it: a scheme is added, a bare host gets a slash. `undefined` = no address. */
function checkedUrl(target: string): string | undefined {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(target) ? target : `http://${target}`;
  if (!/^(?:https?|tg|ton|tonsite):\/\//i.test(withScheme)) return undefined;
  if (!URL.canParse(withScheme)) return undefined;
  const { hostname, href } = new URL(withScheme);
  const isHost = hostname.includes('.') || !/^https?:/i.test(withScheme);
  return isHost ? href : undefined;
}
