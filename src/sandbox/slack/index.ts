/** The Slack look-alike's door. */
export { createSlackEmulator, type SlackEmulator } from './slack-emulator.ts';
export { signBody } from './http-transport.ts';
export { slackLimits, type SlackOptions } from './types.ts';
