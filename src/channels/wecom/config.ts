/** What one WeCom app needs to be driven. */
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import type { Secret } from '../../lib/secret.ts';
import type { TokenStore } from '../channel.ts';
import type { RandomBytes } from './callback-crypto.ts';

/** One self-built app of one corp. */
export interface WecomConfig {
  readonly corpId: string;
  /** Digits; goes over the wire as an integer. */
  readonly agentId: string;
  readonly secret: Secret;
  /** Token and key of the app's callback page; without them nothing can be received. */
  readonly token: Secret;
  readonly encodingAesKey: Secret;
  /** `https://qyapi.weixin.qq.com`; `/cgi-bin/…` is appended. */
  readonly apiBase: string;
}

/** What the channel uses but does not own. */
export interface WecomDeps {
  readonly tokens: TokenStore;
  /** Real time: token expiry, breaker. */
  readonly clock: Clock;
  readonly log: Log;
  /** Replaced in tests that compare with published vectors. */
  readonly random?: RandomBytes;
}
