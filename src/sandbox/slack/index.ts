/** The Slack look-alike's door. */
export { createSlackEmulator, type SlackEmulator } from './slack-emulator.ts';
export { SLACK_BOT_SCOPES } from './core.ts';
export { signBody, type Signing, type Tampering } from './http-transport.ts';
export { slackLimits, type SlackChannel, type SlackLimits, type SlackOptions, type SlackPerson } from './types.ts';
