import { describe, expect, test } from 'vitest';
import { peopleAddressed } from '../../../../src/domain/staff/index.ts';

const person = (
  id: string,
  name: string,
  team: string | null = null,
): { id: string; name: string; team_name: string | null } => ({
  id,
  name,
  team_name: team,
});
const PEOPLE = [
  person('1', '王建'),
  person('2', '老赵'),
  person('3', '阿May'),
  person('4', '张伟', '一组'),
  person('5', '张伟', '二组'),
  person('6', 'Lin Feng'),
  person('7', 'Anna Lindqvist'),
  person('8', '林小满'),
  person('9', '小陈'),
  person('10', '陈立'),
];

const meant = (words: string): readonly string[] => peopleAddressed(PEOPLE, words).map(({ id }) => id);

describe('the colleague a sentence hands something to', () => {
  test.each([
    ['老赵', ['2']],
    ['转给老赵吧', ['2']],
    ['给老赵', ['2']],
    ['让老赵看看', ['2']],
    ['老赵吧', ['2']],
    ['转给王经理吧 他熟这个行业', ['1']],
    ['王经理', ['1']],
    ['赵总', ['2']],
    ['还是转给 阿may', ['3']],
    ['hand it over to 阿May please', ['3']],
    ['hand it over to 阿May.', ['3']],
    ['转给张伟（二组）吧', ['5']],
    ['转给张伟', ['4', '5']],
    ['转给张经理', ['4', '5']],
    ['lin feng', ['6']],
    ['hand it over to Lin Feng please', ['6']],
    ['to Lin', ['6']],
    ['Lin', ['6']],
    ['to lindqvist.', ['7']],
    ['转给小满吧', ['8']],
    ['老林', ['8']],
    ['转给小陈', ['9']],
    ['转给老陈', ['10']],
  ])('“%s” means %j', (words, ids) => {
    expect(meant(words)).toEqual(ids);
  });

  test.each([
    '不要转给老赵',
    '别给老赵',
    '老赵说不行',
    '给老赵打个电话',
    '老赵在休假',
    '转给李经理',
    '总经理',
    '让老赵先别看',
    'to Linda',
    'to Li',
    '转给老王家',
    '给小林打个电话',
    '',
  ])('“%s” means nobody', (words) => {
    expect(meant(words)).toEqual([]);
  });
});
