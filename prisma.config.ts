import { fileURLToPath } from 'node:url';
import { defineConfig } from 'prisma-cli/config';

// The CLI fetches a native schema engine from a vendor host at first use. The same engine comes from the registry as
// WebAssembly, and scripts/prisma/schema-engine.mjs speaks the native one's protocol for it. The CLI reads this file before
// it looks for an engine, so plain `npx prisma …` works everywhere. Windows cannot start a script as a program.
if (process.platform !== 'win32') {
  process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= fileURLToPath(
    new URL('./scripts/prisma/schema-engine.mjs', import.meta.url),
  );
}
// Its update check would call another vendor host.
process.env['CHECKPOINT_DISABLE'] ??= '1';

const url = process.env['DATABASE_URL'];

export default defineConfig({
  schema: 'prisma/schema',
  migrations: { path: 'prisma/migrations' },
  ...(url === undefined ? {} : { datasource: { url } }),
});
