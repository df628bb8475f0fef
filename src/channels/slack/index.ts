/** Slack's door. */
export { createSlackChannel, type SlackConfig, type SlackDeps } from './channel.ts';
