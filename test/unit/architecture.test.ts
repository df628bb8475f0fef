import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { DOMAIN_ROOMS, PACKAGE_HOMES, ROOMS } from '../../src/rooms.ts';

const SRC = path.resolve(import.meta.dirname, '../../src');

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
}

function sources(): readonly string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !file.startsWith('db/generated'))
    .sort();
}

function importsOf(file: string): readonly { readonly specifier: string; readonly isTypeOnly: boolean }[] {
  const text = readFileSync(path.join(SRC, file), 'utf8');
  const found = [...text.matchAll(/^(?:import|export)\s+(type\s+)?[^;]*?from\s+'([^']+)'/gms)].map((match) => ({
    specifier: match[2] ?? '',
    isTypeOnly: match[1] !== undefined,
  }));
  const bare = [...text.matchAll(/(?:^import\s+|import\()'([^']+)'/gm)].map((match) => ({
    specifier: match[1] ?? '',
    isTypeOnly: false,
  }));
  return [...found, ...bare];
}

function ownImports(): readonly Import[] {
  return sources().flatMap((file) =>
    importsOf(file)
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier, isTypeOnly }) => ({
        from: file,
        to: path.normalize(path.join(path.dirname(file), specifier)),
        isTypeOnly,
      })),
  );
}

function roomOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : '.';
}

function domainRoomOf(file: string): string | undefined {
  return /^domain\/([^/]+)\//.exec(file)?.[1];
}

describe('the rooms of the house', () => {
  const imports = ownImports();

  test('the check has looked at the whole source', () => {
    expect(sources().length).toBeGreaterThan(200);
    expect(imports.length).toBeGreaterThan(500);
  });

  test('every folder of src is a room of the table', () => {
    const folders = readdirSync(SRC, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);

    expect(folders.filter((folder) => ROOMS[folder] === undefined)).toEqual([]);
  });

  test('a room imports only the rooms the table gives it', () => {
    const wrong = imports.filter(({ from, to }) => {
      const [here, there] = [roomOf(from), roomOf(to)];
      return here !== '.' && here !== there && !(ROOMS[here] ?? []).includes(there);
    });

    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test('a channel never imports a sibling channel, and the sandbox nothing of the channels', () => {
    const channelOf = (file: string): string | undefined => /^channels\/(wecom|slack|telegram)\//.exec(file)?.[1];
    const wrong = imports.filter(({ from, to }) => {
      const [here, there] = [channelOf(from), channelOf(to)];
      return (
        (here !== undefined && there !== undefined && here !== there) ||
        (from.startsWith('sandbox/') && to.startsWith('channels/'))
      );
    });

    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test('a domain room enters another only by its door, and only where the table allows', () => {
    const wrong = imports.filter(({ from, to }) => {
      const [here, there] = [domainRoomOf(from), domainRoomOf(to)];
      if (there === undefined || here === there) return false;
      const isDoor = /^domain\/[^/]+\/(?:[a-z-]+\/)?index\.ts$/.test(to);
      if (here === undefined) return false;
      return !isDoor || !(DOMAIN_ROOMS[here] ?? []).includes(there);
    });

    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });

  test('the core never looks at the domain', () => {
    expect(
      imports
        .filter(({ from, to }) => from.startsWith('core/') && to.startsWith('domain/'))
        .map(({ from, to }) => `${from} → ${to}`),
    ).toEqual([]);
  });

  test('packages with a home are imported only there', () => {
    const wrong = sources().flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) => {
          const homes = PACKAGE_HOMES[specifier];
          return (
            homes !== undefined &&
            !homes.some((home) => file === home || file.startsWith(`${home}/`) || file === `${home}.ts`)
          );
        })
        .map(({ specifier }) => `${file} → ${specifier}`),
    );

    expect(wrong).toEqual([]);
  });

  test('only the configuration reads the process environment', () => {
    const wrong = sources().filter(
      (file) =>
        file !== 'config/env.ts' &&
        file !== 'main.ts' &&
        /process\.env/.test(readFileSync(path.join(SRC, file), 'utf8')),
    );

    expect(wrong).toEqual([]);
  });

  test('the generated Prisma client is used above operations only', () => {
    const wrong = imports.filter(
      ({ from, to }) => to.startsWith('db/generated') && !from.startsWith('db/') && !from.startsWith('api/'),
    );

    expect(wrong.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
  });
});
