/** The production files as far as they can be judged without a container engine. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const ROOT = new URL('../../../', import.meta.url);

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly env_file?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly restart: string;
  readonly read_only?: boolean;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

describe('docker-compose.yml', () => {
  const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose;
  const service = (name: string): Service => {
    const found = compose.services[name];
    if (found === undefined) throw new Error(`no service ${name}`);
    return found;
  };

  test('uses only keys that docker-compose 1.29 understands as well', () => {
    expect(Object.keys(compose).filter((key) => !key.startsWith('x-'))).toEqual(['services', 'volumes']);
    for (const { env_file: files } of Object.values(compose.services)) expect(files ?? ['.env']).toEqual(['.env']);
  });

  test('runs each role of the product in a process of its own, from one image, unprivileged', () => {
    const roles = ['web', 'worker', 'scheduler'];

    expect(roles.map((role) => service(role).command)).toEqual(roles.map((role) => ['start', '--roles', role]));
    for (const role of [...roles, 'migrate']) {
      expect(service(role)).toMatchObject({ image: 'daiban', build: '.', read_only: true, cap_drop: ['ALL'] });
      expect(service(role).environment).toMatchObject({ SANDBOX: 'off', REDIS_URL: 'redis://redis:6379' });
    }
  });

  test('starts the roles only after the migrations have ended well, and these only on a healthy PostgreSQL', () => {
    for (const role of ['web', 'worker', 'scheduler']) {
      expect(service(role).depends_on).toEqual({
        migrate: { condition: 'service_completed_successfully' },
        redis: { condition: 'service_healthy' },
      });
    }
    expect(service('migrate')).toMatchObject({ command: ['migrate'], restart: 'no' });
    expect(service('migrate').depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
  });

  test('keeps PostgreSQL 18 where its image keeps data, and in the encoding of the embedded one', () => {
    expect(service('postgres').image).toMatch(/^postgres:18\b/);
    expect(service('postgres').volumes).toEqual(['postgres:/var/lib/postgresql']);
    expect(service('postgres').environment['POSTGRES_INITDB_ARGS']).toContain('--builtin-locale=C.UTF-8');
    expect(service('postgres').command).toEqual(expect.arrayContaining(['log_error_verbosity=terse']));
  });

  test('keeps a Redis that appends to disk and never evicts', () => {
    expect(service('redis').command?.join(' ')).toBe('redis-server --appendonly yes --maxmemory-policy noeviction');
  });

  test('checks the health of all that runs on, by programs their images have', () => {
    const checks = Object.entries(compose.services).map(([name, { healthcheck }]) => [name, healthcheck?.test?.[1]]);

    expect(Object.fromEntries(checks)).toEqual({
      web: undefined, // the image's own
      worker: 'node',
      scheduler: 'node',
      migrate: undefined, // ends by itself
      postgres: 'pg_isready -U daiban -d daiban',
      redis: 'redis-cli',
    });
    for (const role of ['worker', 'scheduler']) expect(service(role).healthcheck?.test).toContain('--local');
  });

  test('is reached from this host only; databases are not reached from outside at all', () => {
    const published = Object.entries(compose.services).flatMap(([name, { ports = [] }]) =>
      ports.map((port) => `${name} ${port}`),
    );

    expect(published).toEqual(['web 127.0.0.1:3000:3000']);
  });

  test('names every volume it uses and holds no secret', () => {
    const used = Object.values(compose.services).flatMap(({ volumes }) =>
      volumes.map((volume) => volume.split(':')[0]),
    );

    expect(new Set(used)).toEqual(new Set(Object.keys(compose.volumes)));
    expect(service('postgres').environment['POSTGRES_PASSWORD']).toMatch(/^\$\{POSTGRES_PASSWORD:\?/);
    expect(service('web').environment['MASTER_KEY']).toMatch(/^\$\{MASTER_KEY:\?/);
  });
});

describe('Dockerfile', () => {
  const instructions = instructionsOf(read('Dockerfile'));
  const stages = instructions.reduce<(readonly [string, string])[][]>((found, instruction) => {
    if (instruction[0] === 'FROM') return [...found, [instruction]];
    return found.map((stage, at) => (at === found.length - 1 ? [...stage, instruction] : stage));
  }, []);
  const final = stages.at(-1) ?? [];
  const argumentsOf = (name: string): readonly string[] =>
    final.filter(([word]) => word === name).map(([, rest]) => rest);

  test('has only instructions that exist, in two stages on Node 24', () => {
    const known = new Set([
      'FROM',
      'WORKDIR',
      'COPY',
      'RUN',
      'ENV',
      'USER',
      'VOLUME',
      'EXPOSE',
      'HEALTHCHECK',
      'ENTRYPOINT',
      'CMD',
    ]);

    expect(instructions.filter(([word]) => !known.has(word))).toEqual([]);
    expect(stages.map((stage) => stage[0])).toEqual([
      ['FROM', 'node:24-bookworm-slim AS build'],
      ['FROM', 'node:24-bookworm-slim'],
    ]);
  });

  test('installs from the lock file before the sources are copied, so that an edit does not install again', () => {
    const build = (stages[0] ?? []).map(([word, rest]) => `${word} ${rest}`);

    expect(build.findIndex((line) => line.startsWith('RUN npm ci'))).toBeLessThan(build.indexOf('COPY . .'));
    expect(build.indexOf('COPY package.json package-lock.json ./')).toBeGreaterThan(0);
  });

  test('runs as an ordinary user who owns the data folder', () => {
    expect(argumentsOf('USER')).toEqual(['node']);
    expect(argumentsOf('RUN')).toEqual(['mkdir /data && chown node:node /data']);
    expect(argumentsOf('VOLUME')).toEqual(['/data']);
    expect(argumentsOf('ENV')[0]).toContain('DATA_DIR=/data');
  });

  test('carries every folder the running product reads, and no sources', () => {
    const copied = argumentsOf('COPY').map((line) => line.replace('--from=build /app/', '').split(' ')[0] ?? '');

    expect(copied.sort()).toEqual([
      'bin',
      'dist',
      'flows',
      'locales',
      'node_modules',
      'package.json',
      'prisma/migrations',
    ]);
    for (const name of copied.filter((name) => name !== 'dist' && name !== 'node_modules')) {
      expect(existsSync(new URL(name, ROOT)), name).toBe(true);
    }
  });

  test('asks its own health address on the port it exposes', () => {
    expect(argumentsOf('EXPOSE')).toEqual(['3000']);
    expect(argumentsOf('ENV')[0]).toContain('PORT=3000');
    expect(argumentsOf('HEALTHCHECK')[0]).toContain('/healthz');
  });

  test('takes its commands as lists: a shell would keep signals from the process', () => {
    const lists = [...argumentsOf('ENTRYPOINT'), ...argumentsOf('CMD')].map((list) => JSON.parse(list) as unknown);
    const check = argumentsOf('HEALTHCHECK')[0] ?? '';

    expect(lists).toEqual([['node', 'bin/daiban.js'], ['start']]);
    expect(JSON.parse(check.slice(check.indexOf('CMD ') + 4))).toHaveLength(3);
  });

  test('does not send secrets, data or other builds to the builder', () => {
    const ignored = read('.dockerignore').split('\n');

    for (const name of ['.env', '.data', '.git', 'node_modules', 'dist']) expect(ignored).toContain(name);
  });
});

function read(file: string): string {
  return readFileSync(new URL(file, ROOT), 'utf8');
}

/** Instruction and arguments; continued lines are joined, comments left out. */
function instructionsOf(dockerfile: string): readonly (readonly [string, string])[] {
  return dockerfile
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const);
}
