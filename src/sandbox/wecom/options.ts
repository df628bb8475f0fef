/** What a WeCom look-alike is made of. */
import type { Clock } from '../../lib/clock.ts';
import type { Person } from '../emulator.ts';

/** A self-built app (自建应用). */
export interface WecomApp {
  readonly agentId: number;
  readonly secret: string;
  /** Callback token, ≤ 32 letters and digits. */
  readonly token: string;
  /** 43 letters and digits. */
  readonly encodingAesKey: string;
  /** Taken as saved; `setCallbackUrl` verifies first. Without one interactive cards are refused (43012). */
  readonly callbackUrl?: string;
  readonly name?: string;
  /** Userids in the visible range; absent = the root department, everyone. */
  readonly visible?: readonly string[];
  /** APIs this app was not granted (`media/upload`): 48002. */
  readonly forbidden?: readonly string[];
}

/** A department; 1 is the root and holds everybody. */
export interface Department {
  readonly id: number;
  readonly name: string;
  readonly parentId: number;
  readonly members: readonly string[];
}

/** A tag and the members who wear it. */
export interface MemberTag {
  readonly id: number;
  readonly name: string;
  readonly members: readonly string[];
}

/** What `createWecomEmulator` takes. */
export interface WecomOptions {
  readonly corpId: string;
  readonly agents: readonly WecomApp[];
  /** Virtual time at the start. */
  readonly now: Date;
  readonly members?: readonly Person[];
  readonly departments?: readonly Department[];
  readonly tags?: readonly MemberTag[];
  /** Our own base address, for links to pictures. */
  readonly publicBase: string;
  /** Scales the API quotas (10 000/min …), not the limits per member. At most 1, the default. */
  readonly rateScale?: number;
  /** Member accounts of the corp: messages per app and day = this × 200. Default 1000. */
  readonly accountCap?: number;
  /** Calls of one list API under way at once; more → 45033. At most 5, the default. */
  readonly listConcurrency?: number;
  /** Wrong secrets from one address before gettoken is barred for an hour. At most 10, the default. */
  readonly secretTries?: number;
  /** 企业可信IP; absent = any. */
  readonly trustedIps?: readonly string[];
  /** Keys of group robots (群机器人). */
  readonly robots?: readonly string[];
  /** Before each callback of which this is the n-th a forged one is sent: wrong signature, receiveid, Base64 in turn. */
  readonly forgeEvery?: number;
  /** Whether a passive card update burns the tap's ResponseCode; undocumented. Default false. */
  readonly passiveReplyBurnsCode?: boolean;
  /** Real time: signature timestamps, and the pace of a `ticking` clock. */
  readonly wall?: Clock;
  /** Lets virtual time run along with real time. Default false: it stands still between calls of `setNow`. */
  readonly ticking?: boolean;
  /** Words for what flashes up on a phone; default: the code itself. */
  readonly toastText?: (code: ToastCode) => string;
}

/** no_answer: the app never answered · late_reply: over 5 s · bad_reply: an answer WeCom cannot read or apply. */
export type ToastCode = 'wecom.no_answer' | 'wecom.late_reply' | 'wecom.bad_reply';
