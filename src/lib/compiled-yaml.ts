/**
 * The YAML files of this installation as the build has parsed them: half a second less for every start and every command.
 * A text is found by its hash, so one that was edited since is simply not found and is parsed as ever.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';

/** Written by `scripts/build.mjs`. Lies at the same distance from src/lib and from dist/lib. */
const FILE = path.resolve(import.meta.dirname, '../../dist/yaml.json');

/** What a text holds, as JSON, by the text's hash. */
type Compiled = Readonly<Record<string, string>>;

let loaded: Compiled | undefined;

/** What the text holds, made anew for each call; `undefined` when the build does not know it. */
export function compiledYaml(text: string): unknown {
  loaded ??= load();
  const json = loaded[hashOf(text)];
  return json === undefined ? undefined : JSON.parse(json);
}

/** What the build stores: each text with what it holds. One that JSON cannot say (`.nan`, keys that are no text) is left out. */
export function compileYaml(parsed: Iterable<readonly [text: string, data: unknown]>): string {
  const compiled: Record<string, string> = {};
  for (const [text, data] of parsed) {
    const json = JSON.stringify(data) as string | undefined;
    if (json !== undefined && isDeepStrictEqual(JSON.parse(json), data)) compiled[hashOf(text)] = json;
  }
  return JSON.stringify(compiled);
}

function load(): Compiled {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8')) as Compiled;
  } catch {
    return {}; // not built
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
