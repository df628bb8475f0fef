/** The people of the sandbox: who has a phone, on which platform, in which role. */

/** The look-alikes there are. */
export const PLATFORMS = ['wecom', 'slack', 'telegram'] as const;
/** One of them. */
export type Platform = (typeof PLATFORMS)[number];

/** What somebody is to the company; `customer` is the other side. */
const CAST_ROLES = [
  'sales',
  'team_lead',
  'reviewer',
  'approver',
  'collector',
  'manager',
  'compliance',
  'admin',
  'customer',
] as const;
/** One of them. */
export type CastRole = (typeof CAST_ROLES)[number];

/** A phone of the sandbox. One person may hold several: same name, another platform. */
export interface SandboxPerson {
  readonly platform: Platform;
  /** The platform's id: WeCom userid, Slack `U…`, Telegram user id in digits. */
  readonly id: string;
  readonly name: string;
  readonly role: CastRole;
  /** What "share my phone" gives away on Telegram: digits with country code, no plus. */
  readonly phone?: string;
}
