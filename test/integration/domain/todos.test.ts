import { beforeAll, describe, expect, test } from 'vitest';
import { ADMIN_TOKEN, refusalOf, useProduct, type StaffActor } from '../../support/product.ts';

const SYSTEM = { kind: 'SYSTEM', id: 'daiban', language: 'zh-CN' } as const;

describe('marking a to-do as done', () => {
  const product = useProduct();
  let lin: StaffActor;
  let zhou: StaffActor;
  let made = 0;

  beforeAll(async () => {
    lin = await product.addStaff('小林', ['sales']);
    zhou = await product.addStaff('周敏', ['reviewer']);
  });

  async function aTodo(whose: { readonly staffId: string } | { readonly role: string }): Promise<string> {
    made += 1;
    await product.call(SYSTEM, 'task.add', { key: `t${made}`, kind: 'handed_over', ...whose });
    const { rows } = await product.db.pool.query<{ id: string }>('SELECT id FROM todos WHERE key = $1', [`t${made}`]);
    return rows[0]?.id ?? '';
  }

  test('is for whoever has it on his list, by name or by role', async () => {
    for (const id of [await aTodo({ staffId: lin.id }), await aTodo({ role: 'sales' })])
      expect(await product.call(lin, 'task.finish', { id })).toEqual({ id });
  });

  test('is not for anybody else: for him it is not there', async () => {
    for (const id of [await aTodo({ staffId: lin.id }), await aTodo({ role: 'sales' })]) {
      expect(await refusalOf(product.call(zhou, 'task.finish', { id }))).toBe('resource.not_found');
      expect(await product.call(lin, 'task.finish', { id })).toEqual({ id });
    }
  });

  test('an administrator’s token may clear up everybody’s list', async () => {
    const id = await aTodo({ staffId: lin.id });

    expect(await product.call(ADMIN_TOKEN, 'task.finish', { id })).toEqual({ id });
  });
});
