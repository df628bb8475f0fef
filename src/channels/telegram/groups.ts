/** Who in a group is spoken to. Pure. A bot there hears commands to all, and where it is administrator everything. */

/** We, as Telegram knows us. */
export interface Self {
  readonly id: number;
  /** Our user name; `undefined` in private chats, where nobody needs it, and while Telegram cannot be asked. */
  readonly name: string | undefined;
}

/** What of a message says whom it is for. */
export interface Said {
  readonly text?: string | undefined;
  readonly caption?: string | undefined;
  readonly reply_to_message?:
    | { readonly from?: { readonly id: number } | undefined; readonly forum_topic_created?: unknown }
    | undefined;
}

/** True for a command that names no other bot, for words that name us, and for replies to us. */
export function isSaidTo(self: Self, { text, caption, reply_to_message: earlier }: Said): boolean {
  // In a topic all messages reply to its beginning, whoever made it.
  if (earlier?.from?.id === self.id && earlier.forum_topic_created === undefined) return true;
  const words = text ?? caption ?? '';
  const command = /^\/\w+(?:@(\w+))?/.exec(words);
  if (command) return command[1] === undefined || isName(self, command[1]);
  return [...words.matchAll(/(?<![\w@.])@(\w+)/g)].some(([, name = '']) => isName(self, name));
}

/** Without our name, which a command carries behind it (`/help@daiban_bot`) and a sentence begins with. */
export function withoutAddressee(self: Self, text: string): string {
  return text
    .replace(/^(\/\w+)@\w+/, '$1')
    .replace(/^\s*@(\w+)[\s:：,，]*/, (whole, name: string) => (isName(self, name) ? '' : whole));
}

/** While our name is not known it may be that of any bot; they end in "bot". */
function isName(self: Self, name: string): boolean {
  return self.name === undefined ? /bot$/i.test(name) : name.toLowerCase() === self.name.toLowerCase();
}
