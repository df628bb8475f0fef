/** Telegram's door. */
export { createTelegramChannel, type TelegramChannel } from './channel.ts';
