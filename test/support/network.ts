/** No test talks to a machine but this one: an attempt is refused, and fails the test that made it. */
import { Socket } from 'node:net';
import { afterEach } from 'vitest';

const LOCAL = /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|::1?|::ffff:127\.\d+\.\d+\.\d+)$/;
const INSTALLED = Symbol.for('daiban.test.network-fence');

interface Fence {
  readonly attempts: string[];
}

/** One fence per process; with `isolate: false` this file is run again for each test file. */
function fence(): Fence {
  const holder = globalThis as { [INSTALLED]?: Fence };
  holder[INSTALLED] ??= install();
  return holder[INSTALLED];
}

function install(): Fence {
  const attempts: string[] = [];
  Socket.prototype.connect = new Proxy(Reflect.get(Socket.prototype, 'connect'), {
    apply(connect, socket: Socket, args: unknown[]): unknown {
      const host = hostOf(args);
      if (LOCAL.test(host)) return Reflect.apply(connect, socket, args);
      attempts.push(host);
      process.nextTick(() => socket.destroy(new Error(`a test may not connect to ${host}`)));
      return socket;
    },
  });
  return { attempts };
}

/** `connect(port, host)`, `connect(path)`, `connect({ port, host, path })`, or Node's own already normalised array of these. */
function hostOf(args: readonly unknown[]): string {
  const [first, second] = Array.isArray(args[0]) ? (args[0] as readonly unknown[]) : args;
  if (typeof first === 'number') return typeof second === 'string' ? second : 'localhost';
  if (typeof first !== 'object' || first === null) return 'localhost';
  const { host } = first as { readonly host?: unknown };
  return typeof host === 'string' ? host : 'localhost';
}

const { attempts } = fence();

afterEach(() => {
  const hosts = attempts.splice(0);
  if (hosts.length > 0) throw new Error(`the test tried to connect to ${hosts.join(', ')}`);
});
