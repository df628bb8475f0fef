/**
 * The people of the sandbox: who has a phone, on which platform, in which role. The demo company is seeded with the same
 * list, so that whoever plays here is known there. All data is synthetic.
 */

/** The look-alikes there are. */
export const PLATFORMS = ['wecom', 'slack', 'telegram'] as const;
/** One of them. */
export type Platform = (typeof PLATFORMS)[number];

/** What somebody is to the company; `customer` is the other side. */
export const CAST_ROLES = [
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

/** Everybody who has a phone before anybody was added. */
export const DEMO_CAST: readonly SandboxPerson[] = [
  { platform: 'wecom', id: 'xiaolin', name: '小林', role: 'sales' },
  { platform: 'wecom', id: 'xiaochen', name: '小陈', role: 'sales' },
  { platform: 'wecom', id: 'zhoujie', name: '周姐', role: 'team_lead' },
  { platform: 'wecom', id: 'xiaoqian', name: '小钱', role: 'reviewer' },
  { platform: 'wecom', id: 'laozhao', name: '老赵', role: 'approver' },
  { platform: 'wecom', id: 'xiaotang', name: '小唐', role: 'collector' },
  { platform: 'wecom', id: 'amay', name: '阿May', role: 'compliance' },
  { platform: 'wecom', id: 'awei', name: '阿伟', role: 'admin' },
  { platform: 'slack', id: 'U0SUN', name: '小孙', role: 'reviewer' },
  { platform: 'slack', id: 'U0ZHAO', name: '老赵', role: 'approver' },
  { platform: 'slack', id: 'U0WANG', name: '王经理', role: 'approver' },
  { platform: 'slack', id: 'U0LIANG', name: '梁总', role: 'manager' },
  { platform: 'telegram', id: '5500006612', name: '何女士', role: 'customer', phone: '8613800006612' },
  { platform: 'telegram', id: '5500004417', name: '周先生', role: 'customer', phone: '8613900004417' },
  { platform: 'telegram', id: '5500000021', name: '小孙', role: 'reviewer' },
];
