import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { LocalStackError } from './errors.ts';

export const LOCALHOST = '127.0.0.1';

// Below the range from which systems take the ports of outgoing connections (Linux from 32768, others
// higher), so that none of these takes the port between now and the moment the service binds it.
const FREE_FROM = 20_000;
const FREE_TO = 32_000;

/** A port on 127.0.0.1 that nothing listens on, none of `taken`. */
export async function freePort(
  taken: ReadonlySet<number>,
  random: () => number = Math.random,
): Promise<number> {
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    const port = FREE_FROM + Math.floor(random() * (FREE_TO - FREE_FROM));
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new LocalStackError(
    'port-taken',
    `no free port between ${FREE_FROM} and ${FREE_TO} on ${LOCALHOST}: end some of the programs that listen there`,
  );
}

/** Throws an error that names the port and, where the system tells, its owner. */
export async function requireFree(port: number, service: string): Promise<void> {
  if (await isFree(port)) return;
  const owner = portOwner(port);
  const by = owner === undefined ? 'another program' : `process ${owner.pid} (${owner.name})`;
  throw new LocalStackError(
    'port-taken',
    `port ${port}, wanted for ${service}, is taken by ${by}: stop that, or choose another port`,
  );
}

/**
 * A port for each service: the wanted one, which has to be free, or a free one. A service that names another in
 * `samePortAs` gets that one's, on an address of its own.
 */
export async function assignPorts(
  services: readonly { readonly name: string; readonly samePortAs?: string }[],
  wanted: Readonly<Partial<Record<string, number>>>,
): Promise<ReadonlyMap<string, number>> {
  const ports = new Map<string, number>();
  const own = services.filter(({ samePortAs }) => samePortAs === undefined);
  for (const { name } of own) {
    const port = wanted[name];
    if (port === undefined) continue;
    await requireFree(port, name);
    ports.set(name, port);
  }
  for (const { name } of own) {
    if (!ports.has(name)) ports.set(name, await freePort(new Set(ports.values())));
  }
  for (const { name, samePortAs = name } of services) ports.set(name, ports.get(samePortAs) ?? 0);
  return ports;
}

/** True when a connection to the port is accepted. */
export function accepts(port: number, host = LOCALHOST): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    const settle = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => {
      settle(true);
    });
    socket.once('error', () => {
      settle(false);
    });
  });
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ port, host: LOCALHOST, exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

/** Who listens on a TCP port: known on Linux, and only for processes that this user may look at. */
function portOwner(port: number): { pid: number; name: string } | undefined {
  if (process.platform !== 'linux') return undefined;
  const sockets = new Set(listeningInodes(port).map((inode) => `socket:[${inode}]`));
  if (sockets.size === 0) return undefined;
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    if (holdsAny(pid, sockets)) return { pid: Number(pid), name: programOf(pid) };
  }
  return undefined;
}

/** Rows of proc_net_tcp(5): local address in hex, state 0A for listening, inode in the tenth column. */
function listeningInodes(port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    attempt(() => readFileSync(table, 'utf8'), '')
      .split('\n')
      .map((row) => row.trim().split(/\s+/))
      .filter((columns) => columns[1]?.endsWith(suffix) && columns[3] === '0A')
      .map((columns) => columns[9] ?? ''),
  );
}

function holdsAny(pid: string, sockets: ReadonlySet<string>): boolean {
  return attempt(() => readdirSync(`/proc/${pid}/fd`), []).some((fd) =>
    sockets.has(attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`), '')),
  );
}

function programOf(pid: string): string {
  return attempt(() => readFileSync(`/proc/${pid}/comm`, 'utf8'), '').trim() || 'unknown';
}

/** Processes end, and belong to others, while one looks at them. */
function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
