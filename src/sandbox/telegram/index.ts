/** The Telegram look-alike's door. */
export { createTelegramEmulator, type TelegramEmulator } from './telegram-emulator.ts';
export { launchHash } from './launch-data.ts';
export { retrySeconds } from './webhook.ts';
export { parseHtml } from './parse-html.ts';
export { parseMarkdownV2 } from './parse-markdown.ts';
export { EntityFault } from './entities.ts';
export { telegramLimits, type TelegramOptions } from './types.ts';
