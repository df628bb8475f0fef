/**
 * Who may import whom. Read by people and by test/unit/architecture.test.ts; by nothing else.
 *
 * Data goes one way: platform → channels → inbox → core → domain → outbox → channels. A room not named here may not
 * exist. Files at the top of `src` (app, base, a part for each role, operations, the demo) compose and may import everything.
 */

/** Rooms by folder, each with the rooms it may import besides itself. `domain` means the doors (index.ts) of its rooms. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  config: ['lib'],
  db: ['lib', 'channels'],
  channels: ['lib'],
  identity: ['lib', 'db'],
  inbox: ['lib', 'db', 'channels'],
  outbox: ['lib', 'db', 'channels', 'core'],
  core: ['lib', 'db', 'identity', 'inbox', 'outbox', 'channels'],
  domain: ['lib', 'db', 'core', 'channels', 'outbox', 'identity'],
  integrations: ['lib', 'domain'],
  sandbox: ['lib', 'config'],
  jobs: ['lib', 'db', 'core', 'domain', 'identity', 'inbox', 'outbox', 'channels'],
  api: ['lib', 'db', 'core', 'domain', 'inbox', 'outbox', 'channels', 'console'],
  console: ['lib'],
  cli: ['lib', 'config', 'db', 'core', 'domain', 'channels', 'jobs', 'api', '.'],
};

/** Which domain room may look at whose door; `core` rooms never look at the domain. */
export const DOMAIN_ROOMS: Readonly<Record<string, readonly string[]>> = {
  staff: [],
  customers: ['consent', 'staff'],
  timeline: ['customers'],
  consent: [],
  leads: ['consent', 'customers', 'products', 'staff'],
  documents: ['customers', 'leads', 'products', 'applications', 'consent'],
  products: ['repayments'],
  applications: ['customers', 'leads', 'products', 'staff', 'documents', 'consent'],
  loans: ['applications', 'customers', 'leads', 'products', 'repayments', 'consent'],
  repayments: [],
  reminders: ['repayments', 'customers', 'todos', 'consent'],
  todos: ['consent', 'customers'],
  incidents: [],
};

/** Packages that belong to one place only. */
export const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = {
  '@slack/bolt': ['channels/slack'],
  telegraf: ['channels/telegram'],
  axios: ['lib/http.ts'],
  express: ['api', 'domain-parts.ts'],
  bullmq: ['jobs'],
  ioredis: ['jobs'],
  '@marcbachmann/cel-js': ['core/rules'],
};
