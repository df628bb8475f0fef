/** Telegram's door. */
export { createTelegramChannel, type TelegramChannel, type TelegramConfig, type TelegramDeps } from './channel.ts';
