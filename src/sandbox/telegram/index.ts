/** The Telegram look-alike's door. */
export { createTelegramEmulator, type TelegramEmulator } from './telegram-emulator.ts';
export { launchHash, signLaunchData } from './launch-data.ts';
export { retrySeconds } from './webhook.ts';
export { parseHtml } from './parse-html.ts';
export { parseMarkdownV2 } from './parse-markdown.ts';
export { EntityFault } from './entities.ts';
export {
  telegramLimits,
  type MemberStatus,
  type TelegramLimits,
  type TelegramOptions,
  type TelegramPerson,
} from './types.ts';
