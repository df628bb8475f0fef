/** The door of the WeCom channel. */
export { createWecomChannel } from './wecom-channel.ts';
