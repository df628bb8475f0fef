/** Where the tests themselves put what they make. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { scratchFolder } from '../../support/scratch.ts';

const GIGABYTE = 1024 ** 3;
const HOST = 'proc /proc proc rw 0 0\ntmpfs /dev/shm tmpfs rw,nosuid,nodev 0 0\n';

beforeEach(() => void vi.stubEnv('TMPDIR', '/temporary')); // this run itself may be in memory
afterEach(() => void vi.unstubAllEnvs());

describe('a test run', () => {
  test('works in memory where there is plenty and programs may run', () => {
    expect(scratchFolder({ mounts: HOST, room: 8 * GIGABYTE })).toBe('/dev/shm');
  });

  test.each([
    ['with little memory', HOST, GIGABYTE],
    ['in a container that forbids programs there', HOST.replace('nodev', 'nodev,noexec'), 8 * GIGABYTE],
    ['where memory may only be read', HOST.replace('tmpfs rw', 'tmpfs ro'), 8 * GIGABYTE],
    ['without such a place', 'proc /proc proc rw 0 0\n', 8 * GIGABYTE],
  ])('%s works in the folder for temporary files', (_, mounts, room) => {
    expect(scratchFolder({ mounts, room })).toBe('/temporary');
  });
});
