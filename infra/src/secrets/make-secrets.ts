import { randomBytes, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createAuthority,
  issueCertificate,
  replaceWhole,
  type CertificateOptions,
  type KeyPair,
} from '@sluice/local-stack';
import { users } from '../setup/rights.ts';
import { passwordHash } from './password-hash.ts';

export interface SecretsOptions {
  /** Make all of them anew: what runs with the old ones has to be started again. */
  readonly fresh?: boolean;
  /** For the validity of certificates. Default: now. */
  readonly now?: Date;
}

export interface MadeSecrets {
  /** Names of files that were not there before, or not valid any more. */
  readonly made: readonly string[];
  readonly kept: number;
}

/** A certificate that ends sooner is made anew, days. */
const renewDays = 30;
const dayMs = 86_400_000;
const AUTHORITY = 'ca';

/** Names by which a server is reached: in the network of the containers, and from this machine. */
const hostsOf = (service: string) => [service, 'localhost', '127.0.0.1'];

/** Of servers, and of those clients of Kafka that show a certificate instead of a password. */
const certificates: readonly CertificateOptions[] = [
  // Kafka's broker is a client of itself.
  { name: 'kafka', hosts: hostsOf('kafka'), usage: 'both' },
  { name: 'cassandra', hosts: hostsOf('cassandra'), usage: 'server' },
  { name: 'registry-proxy', hosts: hostsOf('registry-proxy'), usage: 'server' },
  { name: 'admin', hosts: [], usage: 'client' },
  { name: 'registry', hosts: [], usage: 'client' },
  { name: 'control-center', hosts: [], usage: 'client' },
];

/**
 * Certificates and passwords for compose.yaml, in a folder. What is there and valid is kept.
 *
 * The folder is for its owner alone; the files in it can be read by all, since each is mounted into containers whose users
 * are others than the one here.
 */
export async function makeSecrets(
  folder: string,
  { fresh = false, now = new Date() }: SecretsOptions = {},
): Promise<MadeSecrets> {
  if (fresh) await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  const files = new SecretFiles(folder);
  await makeCertificates(files, now);
  await makePasswords(files);
  await makeAirflow(files);
  return { made: files.made, kept: files.kept };
}

class SecretDamaged extends Error {
  override readonly name = 'SecretDamaged';
  readonly code = 'secret-damaged';
}

class SecretFiles {
  readonly made: string[] = [];
  kept = 0;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(name: string): Promise<string | undefined> {
    return readFile(join(this.#folder, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
  }

  async write(name: string, text: string, mode = 0o644): Promise<void> {
    await replaceWhole(join(this.#folder, name), text, { mode });
    this.made.push(name);
  }

  /** @throws Error naming the file where it holds none */
  certificateIn(text: string, name: string): X509Certificate {
    try {
      return new X509Certificate(text);
    } catch (cause) {
      const file = join(this.#folder, `${name}.crt`);
      throw new SecretDamaged(
        `${file} holds no certificate: delete it, and run \`npx nx run infra:secrets\` again`,
        {
          cause,
        },
      );
    }
  }

  /** The text of a file, which is written where it is not there. */
  async keep(name: string, make: () => string | Promise<string>): Promise<string> {
    const text = await this.read(name);
    // an empty one is what an earlier version left on a full disk
    if (text) {
      this.kept++;
      return text;
    }
    const made = await make();
    await this.write(name, made);
    return made;
  }

  /** A file that is made of others: written only where it differs. */
  async derive(name: string, text: string): Promise<void> {
    if ((await this.read(name)) === text) this.kept++;
    else await this.write(name, text);
  }
}

async function makeCertificates(files: SecretFiles, now: Date): Promise<void> {
  const { authority, isNew } = await theAuthority(files, now);
  for (const options of certificates) {
    const { name } = options;
    const there = isNew ? undefined : await readPair(files, name, now);
    if (there) {
      files.kept += 3;
      continue;
    }
    const { certificate, key } = await issueCertificate(authority, options);
    await files.write(`${name}.crt`, certificate);
    await files.write(`${name}.key`, key);
    // Java's PEM key store is one file.
    await files.write(`${name}.pem`, key + certificate);
  }
}

async function theAuthority(
  files: SecretFiles,
  now: Date,
): Promise<{ readonly authority: KeyPair; readonly isNew: boolean }> {
  const there = await readPair(files, AUTHORITY, now);
  if (there) {
    files.kept += 2;
    return { authority: there, isNew: false };
  }
  const authority = await createAuthority({ name: 'sluice development' });
  await files.write(`${AUTHORITY}.crt`, authority.certificate);
  // Mounted nowhere: who has it can pass for any of the servers.
  await files.write(`${AUTHORITY}.key`, authority.key, 0o600);
  return { authority, isNew: true };
}

async function readPair(files: SecretFiles, name: string, now: Date): Promise<KeyPair | undefined> {
  const [certificate, key] = await Promise.all([files.read(`${name}.crt`), files.read(`${name}.key`)]);
  if (certificate === undefined || key === undefined) return undefined;
  const end = Date.parse(files.certificateIn(certificate, name).validTo);
  return end - now.getTime() < renewDays * dayMs ? undefined : { certificate, key };
}

/** One of each user in each system, and what the system itself needs to know of all its users. */
async function makePasswords(files: SecretFiles): Promise<void> {
  const lists = { kafka: '', cassandra: '', registry: '' };
  for (const { name, cassandra } of users()) {
    lists.kafka += `${name} ${await files.keep(`kafka-${name}`, password)}\n`;
    lists.registry += passwordHash(name, await files.keep(`registry-${name}`, password));
    if (cassandra.length > 0)
      lists.cassandra += `${name} ${await files.keep(`cassandra-${name}`, password)}\n`;
  }
  await files.derive('kafka-users', lists.kafka);
  await files.derive('cassandra-users', lists.cassandra);
  await files.derive('registry-users', lists.registry);
  const admin = await files.keep('cassandra-admin', password);
  await files.derive('cqlshrc', cqlshrc('sluice_admin', admin));
  await files.keep('grafana-admin', password);
  // Of master, workers and drivers: without it nobody submits.
  await files.keep('spark-secret', password);
  for (const role of ['viewer', 'operator']) await files.keep(`console-${role}`, password);
}

async function makeAirflow(files: SecretFiles): Promise<void> {
  const database = await files.keep('postgres', password);
  await files.derive('airflow-database', `postgresql+psycopg2://airflow:${database}@postgres:5432/airflow`);
  const admin = await files.keep('airflow-admin', password);
  const console = await files.keep('airflow-console', password);
  await files.derive('airflow-users', JSON.stringify({ admin, console }));
  // Fernet wants 32 bytes in URL-safe base64, padded.
  await files.keep('airflow-fernet-key', () => `${randomBytes(32).toString('base64url')}=`);
  await files.keep('airflow-api-secret', password);
  await files.keep('airflow-jwt-secret', password);
}

/** For cqlsh within Cassandra's container. */
function cqlshrc(username: string, secret: string): string {
  return `[authentication]\nusername = ${username}\npassword = ${secret}\n\n[connection]\nssl = true\n\n[ssl]\ncertfile = /run/secrets/ca\nvalidate = true\n`;
}

/** Letters, digits, - and _ only: it goes into lists, addresses and statements as it is. */
function password(): string {
  return randomBytes(32).toString('base64url');
}
