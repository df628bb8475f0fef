/** Run as a program: loads the modules it is given and prints the patterns they build while loading, as JSON. */
const built: { readonly source: string; readonly flags: string }[] = [];
const note = (pattern: RegExp): RegExp => {
  built.push({ source: pattern.source, flags: pattern.flags });
  return pattern;
};
globalThis.RegExp = new Proxy(RegExp, {
  construct: (target, args: ConstructorParameters<RegExpConstructor>) => note(new target(...args)),
  apply: (target, _self, args: ConstructorParameters<RegExpConstructor>) => note(target(...args)),
});

for (const module of process.argv.slice(2)) {
  await import(module);
}
process.stdout.write(JSON.stringify(built));
