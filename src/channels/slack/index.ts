/** Slack's door. */
export { createSlackChannel } from './channel.ts';
