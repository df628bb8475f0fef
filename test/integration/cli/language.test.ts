/** The command speaks the language of the terminal, and says of a wrong line what is wrong with it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runCommand } from '../../../src/cli/index.ts';
import { terminalLanguage } from '../../../src/config/env.ts';
import { useDatabase } from '../../support/database.ts';

interface Ran {
  readonly code: number;
  readonly said: string;
}

async function daiban(line: string, settings: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return ran(line === '' ? [] : line.split(' '), settings);
}

async function ran(argv: readonly string[], settings: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const said: string[] = [];
  const note = (text: unknown): boolean => said.push(String(text)) > 0;
  const out = vi.spyOn(process.stdout, 'write').mockImplementation(note);
  const err = vi.spyOn(process.stderr, 'write').mockImplementation(note);
  try {
    return { code: await runCommand(argv, settings), said: said.join('') };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

describe('the language of the command', () => {
  test.for([
    [{}, 'zh-CN'],
    [{ LANG: '' }, 'zh-CN'],
    [{ LANG: 'C.UTF-8' }, 'zh-CN'],
    [{ LANG: 'POSIX' }, 'zh-CN'],
    [{ LANG: 'zh_CN.UTF-8' }, 'zh-CN'],
    [{ LANG: 'en_US.UTF-8' }, 'en'],
    [{ LANG: 'de_DE.UTF-8' }, 'en'],
    [{ LANG: 'zh_CN.UTF-8', LC_ALL: 'en_GB' }, 'en'],
    [{ LANG: 'en_US.UTF-8', LC_MESSAGES: 'zh_CN' }, 'zh-CN'],
  ] as const)('of %j is %s', ([source, language]) => {
    expect(terminalLanguage(source)).toBe(language);
  });

  test('is the same in the help, in usage errors and in faults of settings', async () => {
    const en = { LANG: 'en_US.UTF-8' };

    expect((await daiban('staff --help')).said).toMatch(
      /^用法： daiban staff \[选项\] \[命令\][\s\S]*停用一位员工（姓名或编号）/,
    );
    expect((await daiban('staff --help', en)).said).toMatch(/^Usage: daiban staff[\s\S]*let somebody in no more/);
    expect(await daiban('staff list', { PORT: 'x' })).toMatchObject({
      code: 78,
      said: expect.stringContaining('整数') as string,
    });
    expect(await daiban('staff list', { PORT: 'x', ...en })).toMatchObject({
      code: 78,
      said: expect.stringContaining('whole number') as string,
    });
  });
});

describe('a wrong command line', () => {
  test.for([
    ['flows show x --version zz', '没有选项 --version。'],
    ['flow list', '没有命令 flow。 是不是想写 flows？'],
    ['staff add --name x', '还缺选项 --role <roles>。'],
    ['staff add --name', '选项 --name <name> 后面还要写内容。'],
    ['flows show', '还缺参数 name。'],
    ['staff list a', '命令 list 后面写多了。'],
  ] as const)('%s: %s', async ([line, sentence]) => {
    const { code, said } = await daiban(line);

    expect(said.startsWith(`✗ ${sentence}`), said).toBe(true);
    expect(code).toBe(1);
  });

  test('a start without a role is refused, not one with all of them', async () => {
    for (const argv of [['--roles', ''], ['--roles= '], ['--roles', ',']])
      expect(await ran(['start', ...argv])).toMatchObject({
        code: 78,
        said: expect.stringContaining('ROLES') as string,
      });
  });

  test('the version is what is asked for before a verb only', async () => {
    expect(await daiban('--version')).toMatchObject({ code: 0, said: expect.stringMatching(/^\d+\.\d+/) as string });
  });
});

describe('a file that is none', () => {
  const db = useDatabase();
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'daiban-language-'));
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  const spoken = async (LANG: string, line: string): Promise<string> => {
    const settings = { LANG, DATABASE_URL: db.url, DATA_DIR: folder, LOG_LEVEL: 'silent' };
    return (await daiban(line, settings)).said.split('\n').find((one) => one.includes('README.md:')) ?? '';
  };

  test.for(['flows check README.md', 'flows publish lead-intake --file README.md'])(
    '%s: findings in the language of the terminal',
    async (line) => {
      expect(await spoken('zh_CN.UTF-8', line)).toContain('不是有效的 YAML');
      expect(await spoken('en_US.UTF-8', line)).toMatch(/README\.md:[^\p{Script=Han}]+$/u);
    },
  );

  test('products publish README.md: so are its faults', async () => {
    expect(await spoken('zh_CN.UTF-8', 'products publish README.md')).toContain('不是有效的 YAML');
    expect(await spoken('en_US.UTF-8', 'products publish README.md')).toMatch(/README\.md:\d+ [A-Z]/);
  });
});
