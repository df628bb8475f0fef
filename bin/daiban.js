#!/usr/bin/env node
// What `npx daiban` and `npm start` run. Committed as plain JavaScript, so that it is there before anything has been built.
import { existsSync } from 'node:fs';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`daiban needs Node.js 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(78);
}

// An image carries dist/ without src/: there is nothing to build and nothing to build it with.
if (existsSync(new URL('../src', import.meta.url))) {
  const { build } = await import('../scripts/build.mjs');
  try {
    await build({ say: (line) => console.error(line) });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}

await import('../dist/main.js');
