/** The demo company: who works there and under which ids the look-alikes know them. Invented people only. */

/** A member of staff with his id on each platform he uses; Chinese unless `language` says otherwise. */
export interface DemoPerson {
  readonly name: string;
  readonly roles: readonly string[];
  readonly team?: string;
  readonly language?: 'zh-CN' | 'en';
  readonly wecom?: string;
  readonly slack?: string;
  readonly telegram?: string;
}

/** Who works there: two reviewers and two approvers, for nobody signs twice in one chain. */
export const DEMO_STAFF: readonly DemoPerson[] = [
  { name: '小林', roles: ['sales'], team: '一组', wecom: 'xiaolin' },
  { name: '小何', roles: ['sales'], team: '二组', wecom: '00123' },
  { name: '陈组长', roles: ['team_lead'], team: '一组', wecom: 'chenzz' },
  { name: '小钱', roles: ['reviewer'], wecom: 'xiaoqian', slack: 'U0QIAN001' },
  { name: '周敏', roles: ['reviewer'], wecom: 'zhoumin', telegram: '7000000102' },
  { name: '老赵', roles: ['approver'], wecom: 'laozhao', slack: 'U0ZHAO001' },
  { name: '阿May', roles: ['approver', 'compliance'], language: 'en', slack: 'U0MAY0001', telegram: '7000000103' },
  { name: '小唐', roles: ['collector'], wecom: 'xiaotang' },
  { name: '梁总', roles: ['manager'], wecom: 'liangzong', slack: 'U0LIANG01' },
  { name: '阿伟', roles: ['admin'], wecom: 'awei' },
];

/** A lead of the demo; `amount` in yuan, as on the wire. */
export interface DemoCustomer {
  readonly name: string;
  readonly phone: string;
  readonly amount?: string;
  readonly purpose?: string;
  /** Who typed the lead. */
  readonly owner: string;
}

/** The customers the demo company begins with. */
export const DEMO_CUSTOMERS: readonly DemoCustomer[] = [
  { name: '周先生', phone: '13900002310', amount: '200000.00', purpose: 'renovation', owner: '小林' },
  { name: '冯先生', phone: '13900000320', amount: '80000.00', purpose: 'turnover', owner: '小何' },
  { name: '孙女士', phone: '13900001905', amount: '120000.00', purpose: 'business', owner: '小何' },
];

/** People who are nobody's customers yet; they play the customer on Telegram. Their phones are what they can share. */
export const DEMO_TELEGRAM_PEOPLE: readonly { readonly id: string; readonly name: string; readonly phone: string }[] = [
  { id: '7000000201', name: '何女士', phone: '13800006612' },
  { id: '7000000202', name: '吴先生', phone: '13800007788' },
];
