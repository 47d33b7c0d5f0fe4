import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { LocalStackError } from './errors.ts';
import { withFixedLocale } from './fixed-locale.ts';
import { LOCALHOST } from './ports.ts';
import { secretFile } from './secret-file.ts';
import type { Command, NodeDefinition, ServiceContext } from './service.ts';

const VERSION = '17.5.0';
const POM = new URL('../services/airflow-postgres/pom.xml', import.meta.url);
const USER = 'airflow';
/** `nobody` on Debian; any but root's will do. */
const UNPRIVILEGED = 65_534;

export interface PostgresOptions {
  readonly name: string;
  /** A Python with psycopg2, which unpacks the server and asks it whether it is ready. */
  readonly python: string;
  /** Hears of the database before it is started. */
  readonly onPrepared: (database: PostgresDatabase) => void;
}

export interface PostgresDatabase {
  /** `user:password@host:port/database` */
  readonly address: string;
  /** Folder that goes with the data. */
  readonly folder: string;
}

/** A PostgreSQL with one user and the database `postgres`, behind a generated password. */
export function postgres({ name, python, onPrepared }: PostgresOptions): NodeDefinition {
  let password = '';
  return {
    name,
    version: VERSION,
    async prepare(context) {
      const bin = await programs(context, python);
      const passwordFile = join(context.dataDir, 'password');
      password = await secretFile(passwordFile);
      const data = join(context.dataDir, 'data');
      if (!existsSync(data)) await initialise(context, { bin, data, passwordFile });
      onPrepared({
        address: `${USER}:${password}@${LOCALHOST}:${context.port}/postgres`,
        folder: context.dataDir,
      });
      const settings = {
        listen_addresses: LOCALHOST,
        port: context.port,
        unix_socket_directories: '',
        max_connections: 200,
        shared_buffers: '32MB',
      };
      return asOtherThanRoot({
        file: join(bin, 'postgres'),
        args: ['-D', data, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
      });
    },
    async probe(port, signal) {
      const env = {
        PGHOST: LOCALHOST,
        PGPORT: String(port),
        PGUSER: USER,
        PGPASSWORD: password,
        PGDATABASE: 'postgres',
      };
      const query = 'import psycopg2; psycopg2.connect("").cursor().execute("SELECT 1")';
      await promisify(execFile)(python, ['-c', query], { env: withFixedLocale(env), signal });
    },
  };
}

/** The folder of initdb and postgres, unpacked beside the jar they come in. */
async function programs(context: ServiceContext, python: string): Promise<string> {
  const [jar] = await context.jars(POM);
  if (jar === undefined) {
    throw new LocalStackError(
      'download-failed',
      `there is no PostgreSQL for ${process.platform} on ${process.arch}: Linux and macOS on x64 and arm64 have one`,
    );
  }
  const folder = join(dirname(jar), 'programs');
  if (!existsSync(folder)) {
    const partial = `${folder}.${randomUUID()}`;
    try {
      await mkdir(partial);
      await context.run({ file: python, args: ['-m', 'zipfile', '-e', jar, partial] });
      const archive = (await readdir(partial)).find((file) => file.endsWith('.txz')) ?? '';
      await context.run({ file: python, args: ['-m', 'tarfile', '-e', join(partial, archive), partial] });
      await rm(join(partial, archive));
      // Another start may have been faster; what it has unpacked is the same.
      await rename(partial, folder).catch(() => undefined);
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  }
  return join(folder, 'bin');
}

/** In a folder that gets its name at the end: an interrupted one is begun anew. */
async function initialise(
  context: ServiceContext,
  { bin, data, passwordFile }: { bin: string; data: string; passwordFile: string },
): Promise<void> {
  const partial = `${data}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { mode: 0o700 });
  if (isRoot()) await chown(partial, UNPRIVILEGED, UNPRIVILEGED);
  const options = ['--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', `--username=${USER}`];
  await context.run(
    asOtherThanRoot({
      file: join(bin, 'initdb'),
      args: ['-D', partial, ...options, `--pwfile=${passwordFile}`],
    }),
  );
  await rename(partial, data);
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * PostgreSQL refuses to run as root. As another user it still has to get at folders that are root's alone, as those
 * of temporary files and of a root's home are: it keeps the one capability for that, also for access(2) (see
 * `no_setuid_fixup` in capabilities(7)).
 */
function asOtherThanRoot(command: Command): Command {
  if (!isRoot()) return command;
  return {
    ...command,
    file: 'setpriv',
    args: [
      ...[`--reuid=${UNPRIVILEGED}`, `--regid=${UNPRIVILEGED}`, '--clear-groups'],
      ...['--securebits=+no_setuid_fixup', '--inh-caps=+dac_override', '--ambient-caps=+dac_override'],
      command.file,
      ...command.args,
    ],
  };
}
