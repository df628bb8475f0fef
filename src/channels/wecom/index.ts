/** The door of the WeCom channel. */
export { createWecomChannel } from './wecom-channel.ts';
export { wecomAccount } from './config.ts';
