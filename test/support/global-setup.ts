/**
 * One PostgreSQL for the whole test run: our own launcher with durability switched off, and a template database with all
 * migrations from which every test file clones its own. `TEST_DATABASE_URL` names another server to use instead.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { isAlive } from '../../src/db/embedded/processes.ts';
import { migrate } from '../../src/db/migrate.ts';
import { runSql, startTestCluster, stopTestCluster, type TestCluster } from './cluster.ts';

/** What a test file needs to make a database of its own. */
export interface TestServer {
  /** Address of the maintenance database, with a role that may create databases. */
  readonly adminUrl: string;
  /** Name of the database that has all migrations and nothing else. */
  readonly template: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly testServer: TestServer;
  }
}

interface Running {
  users: number;
  readonly server: Promise<TestServer & { stop(): Promise<void> }>;
}

const RUNNING = Symbol.for('daiban.test.server');
const shared = globalThis as { [RUNNING]?: Running };
const PREFIX = 'daiban-test-';

/**
 * Where business time begins in a test's database: a Monday, ten in the morning in Shanghai. Hours in which nobody is
 * disturbed, holidays and the ends of months would otherwise have tests pass by day and fail by night.
 */
const BEGINNING = '2026-11-23T02:00:00Z';

/** Projects load this file separately but share the server: the first one in starts it. */
export async function setup(project: TestProject): Promise<void> {
  const running = (shared[RUNNING] ??= { users: 0, server: startServer() });
  running.users += 1;
  const server = await running.server;
  project.provide('testServer', { adminUrl: server.adminUrl, template: server.template });
}

/** The last one out stops it. */
export async function teardown(): Promise<void> {
  const running = shared[RUNNING];
  if (running === undefined) return;
  running.users -= 1;
  if (running.users > 0) return;
  delete shared[RUNNING];
  await (await running.server).stop();
}

async function startServer(): Promise<TestServer & { stop(): Promise<void> }> {
  const configured = process.env['TEST_DATABASE_URL'];
  const template = `template_${randomBytes(4).toString('hex')}`;
  if (configured !== undefined) {
    await makeTemplate(configured, template);
    return { adminUrl: configured, template, stop: () => runSql(configured, `DROP DATABASE ${template}`) };
  }
  await sweep();
  const folder = await mkdtemp(path.join(tmpdir(), `${PREFIX}${process.pid}-`));
  await chmod(folder, 0o711); // under root the server's user has to get through
  const cluster = await startTestCluster(folder);
  await makeTemplate(cluster.url, template);
  return { adminUrl: cluster.url, template, stop: () => remove(cluster, folder) };
}

/** Back to the beginning, which the product's clock cannot do; from there on it only goes forward again. */
const BEGIN = `
  ALTER TABLE business_clock DROP CONSTRAINT business_clock_offset_ms_check, DISABLE TRIGGER business_clock_forward;
  UPDATE business_clock SET offset_ms = floor(extract(epoch FROM timestamptz '${BEGINNING}' - clock_timestamp()) * 1000);
  ALTER TABLE business_clock ENABLE TRIGGER business_clock_forward`;

async function makeTemplate(adminUrl: string, template: string): Promise<void> {
  await runSql(adminUrl, `CREATE DATABASE ${template}`);
  const url = new URL(adminUrl);
  url.pathname = `/${template}`;
  await migrate(url.toString());
  await runSql(url.toString(), BEGIN);
}

async function remove(cluster: TestCluster, folder: string): Promise<void> {
  await cluster.stop();
  await rm(folder, { recursive: true, force: true });
}

/** A run that was killed leaves its server behind. */
async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length).split('-')[0]) : Number.NaN;
    if (!Number.isInteger(pid) || isAlive(pid)) continue;
    const folder = path.join(tmpdir(), name);
    await stopTestCluster(folder);
    await rm(folder, { recursive: true, force: true });
  }
}
