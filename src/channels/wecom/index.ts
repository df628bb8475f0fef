/** The door of the WeCom channel. */
export { createWecomChannel } from './wecom-channel.ts';
export { wecomAccount, type WecomConfig, type WecomDeps } from './config.ts';
export { CallbackCrypto, jsSdkSignature, type CallbackKeys } from './callback-crypto.ts';
