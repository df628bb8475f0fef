/**
 * Who may use the sandbox, and the webhooks of the platforms it plays: this machine, and no foreign web page in its browser.
 * Look-alikes with hands for everybody must never be reachable from outside.
 */
import type { IncomingMessage } from 'node:http';
import { remoteAddress } from '../kernel/http.ts';
import { SandboxProblem } from './problem.ts';

const LOOPBACK_ADDRESS = /^(127\.\d+\.\d+\.\d+|::1)$/;
/** A proxy on this machine may call us by our local name; most say for whom they ask. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'] as const;
const LOOPBACK_HOST = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;

/**
 * @throws SandboxProblem `not_loopback` for another machine, `foreign_host` for a name that merely resolves to this one (DNS
 * rebinding, reverse proxy), `foreign_origin` for a write that a page of another site sends.
 */
export function checkCaller(request: IncomingMessage): void {
  if (!LOOPBACK_ADDRESS.test(remoteAddress(request))) throw new SandboxProblem('not_loopback');
  const host = request.headers.host ?? '';
  const isForwarded = FORWARDED.some((name) => request.headers[name] !== undefined);
  if (isForwarded || !LOOPBACK_HOST.test(host)) throw new SandboxProblem('foreign_host');
  const { origin } = request.headers;
  const isWrite = request.method !== 'GET' && request.method !== 'HEAD';
  if (isWrite && origin !== undefined && origin !== `http://${host}`) throw new SandboxProblem('foreign_origin');
}
