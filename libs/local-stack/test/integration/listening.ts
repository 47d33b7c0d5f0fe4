import { readdir, readFile, readlink } from 'node:fs/promises';

/** The IPv4 address behind a hex one of proc_net_tcp(5), which is in the machine's byte order; IPv6 stays hex. */
function addressOf(hex: string): string {
  const mapped = /^0{16}FFFF0000(\w{8})$/.exec(hex)?.[1] ?? hex;
  if (mapped.length > 8) return mapped;
  return Buffer.from(mapped, 'hex').reverse().join('.');
}

interface ListeningSocket {
  readonly address: string;
  readonly port: number;
}

/** What any of the processes listens on, by TCP; known on Linux alone. */
export async function listeningSockets(pids: readonly number[]): Promise<ListeningSocket[]> {
  const sockets = new Set<string>();
  for (const pid of pids)
    for (const descriptor of await readdir(`/proc/${pid}/fd`))
      sockets.add(await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => ''));
  const tables = await Promise.all(['tcp', 'tcp6'].map((table) => readFile(`/proc/net/${table}`, 'utf8')));
  return tables
    .flatMap((table) => table.split('\n'))
    .map((row) => row.trim().split(/\s+/))
    .filter((columns) => columns[3] === '0A' && sockets.has(`socket:[${columns[9] ?? ''}]`))
    .map((columns) => {
      const [address = '', port = ''] = (columns[1] ?? '').split(':');
      return { address: addressOf(address), port: Number.parseInt(port, 16) };
    });
}
