/** `daiban staff update` beside the running server: by name or id, never guessing between namesakes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runCommand } from '../../../src/cli/index.ts';
import { useDatabase } from '../../support/database.ts';

describe('daiban staff', () => {
  const db = useDatabase();
  let dataDir = '';

  beforeAll(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'daiban-staff-'));
  });
  afterAll(async () => rm(dataDir, { recursive: true, force: true }));

  /** Runs one command line, with what it prints. */
  async function daiban(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
    return daibanIn('zh_CN', ...argv);
  }

  async function daibanIn(LANG: string, ...argv: readonly string[]): ReturnType<typeof daiban> {
    const printed = { out: '', err: '' };
    const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed.out += String(text);
      return true;
    });
    const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      printed.err += String(text);
      return true;
    });
    const settings = {
      DATABASE_URL: db.url,
      DATA_DIR: dataDir,
      LOG_LEVEL: 'silent',
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      SANDBOX: 'on',
      LANG,
    };
    try {
      return { code: await runCommand(argv, settings), ...printed };
    } finally {
      out.mockRestore();
      err.mockRestore();
    }
  }

  const add = async (...more: readonly string[]): Promise<string> => {
    const { out } = await daiban('staff', 'add', '--json', ...more);
    return (JSON.parse(out) as { readonly id: string }).id;
  };

  test('update changes what is named and leaves the rest; --no-… takes away', async () => {
    const id = await add('--name', '小罗', '--role', 'sales', '--team', '一组', '--telegram', '4242', '--slack', 'U01');

    const words = 'staff update 小罗 --role sales,team_lead --language en --telegram 4243 --no-slack --json';
    const changed = await daiban(...words.split(' '));

    expect(changed.code).toBe(0);
    expect(JSON.parse(changed.out)).toMatchObject({
      id,
      name: '小罗',
      roles: ['sales', 'team_lead'],
      team: '一组',
      language: 'en',
      isActive: true,
      accounts: [{ externalId: '4243' }],
    });
    expect((await daiban('staff', 'disable', id)).code).toBe(0);
    const enabled = await daiban('staff', 'update', id, '--enable', '--no-team');
    expect(enabled).toMatchObject({ code: 0, out: expect.stringContaining('小罗 sales,team_lead - en') as string });
  });

  test('disable takes a name like update, and of namesakes none', async () => {
    const id = await add('--name', '老周', '--role', 'sales');
    await add('--name', '吴敏', '--role', 'sales', '--team', '一组');
    await add('--name', '吴敏', '--role', 'sales', '--team', '二组');

    expect(await daiban('staff', 'disable', '老周')).toMatchObject({ code: 0, out: `✓ 老周 ${id}\n` });
    expect((await daiban('staff', 'disable', '吴敏')).code).toBe(2);
    expect((await daiban('staff', 'disable', '没有这个人')).err).toContain('没有同事叫');
    expect((await daiban('staff', 'list')).out).toContain(`× ${id} 老周`);
  });

  test('a token in a role that its person does not have is refused, with the roles he has and what to do', async () => {
    await add('--name', '老吴', '--role', 'sales,team_lead');
    const create = async (role: string, LANG = 'zh_CN'): ReturnType<typeof daiban> =>
      daibanIn(LANG, 'token', 'create', '--name', 'erp', '--staff', '老吴', '--role', role);

    const refused = await create('sales,admin');
    expect([refused.code, refused.out]).toEqual([2, '']);
    expect(refused.err).toMatch(/^✗ 这位同事没有 admin 角色.*（sales, team_lead）.*daiban staff update/u);
    expect((await create('admin', 'en_US')).err).toMatch(/^✗ This colleague does not have the role admin.*--role/u);
    expect(await create('sales')).toMatchObject({ code: 0, out: expect.stringMatching(/^dbn_/) as string });
  });

  test('of namesakes nobody is guessed: they are listed with team and id, and nothing changes', async () => {
    const ids = [
      await add('--name', '张伟', '--role', 'sales', '--team', '一组'),
      await add('--name', '张伟', '--role', 'sales', '--team', '二组'),
    ];

    const refused = await daiban('staff', 'update', '张伟', '--role', 'manager');
    expect(refused.code).toBe(2);
    for (const [at, team] of ['一组', '二组'].entries())
      expect(refused.err).toContain(`${ids[at] ?? ''} 张伟（${team}）`);
    expect((await daiban('token', 'create', '--name', 'x', '--staff', '张伟')).code).toBe(2);
    expect((await daiban('staff', 'update', '李四', '--role', 'manager')).err).toContain('没有同事叫「李四」');
    expect((await daiban('staff', 'update', '张伟(二组)', '--role', 'manager')).out).toContain(ids[1] ?? '?');
  });

  test.for([
    ['--name', '', '请写 1 到 40 个字'],
    ['--name', '小\n林', '请写 1 到 40 个字'],
    ['--name', '\u001b[31m小林', '请写 1 到 40 个字'],
    ['--name', '小\u202E林', '请写 1 到 40 个字'],
    ['--team', '一\u0007组', '请写 1 到 40 个字'],
    ['--telegram', 'abc', '只有数字'],
    ['--telegram', '-100', '只有数字'],
    ['--slack', 'not valid!', '以 U 或 W 开头'],
    ['--slack', 'u0123', '以 U 或 W 开头'],
    ['--wecom', '小林', '成员账号'],
    ['--wecom', 'x'.repeat(65), '成员账号'],
  ] as const)('add with %s %j is refused with the option and what it takes', async ([option, value, sentence]) => {
    const { code, out, err } = await daiban('staff', 'add', '--name', '甲', '--role', 'sales', option, value);

    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(`\n  ${option} `);
    expect(err).toContain(sentence);
    if (value !== '') expect(err).not.toContain(value);
  });

  test('what is refused is named as it was typed, in the language of the terminal', async () => {
    const days = ['token', 'create', '--name', 'x', '--role', 'manager', '--days', 'abc'];
    expect((await daiban(...days)).err).toContain('\n  --days 请写 1 到 3650 之间的整天数。');
    expect((await daibanIn('en_US', ...days)).err).toContain('\n  --days A whole number of days');
    expect((await daiban('staff', 'add', '--name', 'x', '--role', 'boss')).err).toContain('\n  --role ');
    expect((await daiban('token', 'revoke', 'x')).err).toContain('\n  <id> ');
  });

  test('what --json refuses is JSON on standard output, whatever was wrong, and nothing but that', async () => {
    await add('--name', '同名', '--role', 'sales', '--team', '东');
    await add('--name', '同名', '--role', 'collector', '--team', '西');

    const refusals: readonly (readonly [words: string, exit: number, code: string])[] = [
      ['staff disable 没有这个人 --json', 2, 'staff.unknown'],
      ['staff disable 同名 --json', 2, 'staff.several'],
      ['staff add --name x --role boss --json', 2, 'request.invalid'],
      ['staff list --nmae x --json', 1, 'usage.unknownOption'],
      ['flows show nothing --json', 2, 'flows.unknown'],
      ['flows publish nothing --json', 2, 'flow.not_found'],
      ['flows publish lead-intake --file nowhere.yaml --json', 2, 'file.unreadable'],
    ];
    for (const [words, exit, code] of refusals) {
      const { out, err, ...refused } = await daiban(...words.split(' '));
      const { error } = JSON.parse(out) as { readonly error: { readonly code: string; readonly faults: unknown[] } };
      expect({ words, exit: refused.code, code: error.code, err }).toEqual({ words, exit, code, err: '' });
      if (code === 'staff.several')
        expect(error.faults).toMatchObject([{ message: '同名（东） sales' }, { message: '同名（西） collector' }]);
    }
  });

  test('so are wrong settings', async () => {
    const out: string[] = [];
    const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
    try {
      expect(await runCommand(['staff', 'list', '--json'], { PORT: 'abc', DATABASE_URL: 'mysql://x' })).toBe(78);
    } finally {
      stdout.mockRestore();
    }
    const { error } = JSON.parse(out.join('')) as {
      readonly error: { readonly code: string; readonly message: string };
    };
    expect(error.code).toBe('setting.invalid');
    expect(error.message).toMatch(/^PORT .+\nDATABASE_URL /);
  });
});
