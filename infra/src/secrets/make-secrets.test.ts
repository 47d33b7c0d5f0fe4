import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { users } from '../setup/rights.ts';
import { makeSecrets } from './make-secrets.ts';

let folder: string;
const read = (name: string) => readFile(join(folder, name), 'utf8');
const certificate = async (name: string) => new X509Certificate(await read(`${name}.crt`));

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'sluice-secrets-')), 'secrets');
});
afterEach(async () => {
  await rm(join(folder, '..'), { recursive: true });
});

describe('the secrets of the Compose stack', () => {
  it('stay as they are when they are made again', async () => {
    const { made } = await makeSecrets(folder);
    const before = await read('kafka-users');
    expect(await makeSecrets(folder)).toEqual({ made: [], kept: made.length });
    expect(await read('kafka-users')).toBe(before);
  });

  it('are made again where a full disk left them empty, and named where they are damaged', async () => {
    await makeSecrets(folder);
    await writeFile(join(folder, 'kafka-writer'), '');
    expect((await makeSecrets(folder)).made).toEqual(['kafka-writer', 'kafka-users']);
    expect(await read('kafka-writer')).toMatch(/^[\w-]{43}$/);
    await writeFile(join(folder, 'kafka.crt'), '');
    await expect(makeSecrets(folder)).rejects.toThrow(
      `${join(folder, 'kafka.crt')} holds no certificate: delete it`,
    );
  });

  it('are all others when they are made fresh', async () => {
    await makeSecrets(folder);
    const before = await Promise.all(['kafka-users', 'ca.crt', 'postgres'].map(read));
    await makeSecrets(folder, { fresh: true });
    const after = await Promise.all(['kafka-users', 'ca.crt', 'postgres'].map(read));
    expect(after.filter((text, index) => text === before[index])).toEqual([]);
  });

  it('are out of reach for other people of the machine, and can be read in the containers', async () => {
    await makeSecrets(folder);
    const mode = async (path: string) => (await stat(path)).mode & 0o777;
    expect(await mode(folder)).toBe(0o700);
    expect(await mode(join(folder, 'ca.key'))).toBe(0o600);
    const others = (await readdir(folder)).filter((name) => name !== 'ca.key');
    expect(await Promise.all(others.map((name) => mode(join(folder, name))))).toEqual(
      others.map(() => 0o644),
    );
  });

  it('have servers certified under the names by which they are reached', async () => {
    await makeSecrets(folder);
    const authority = await certificate('ca');
    for (const name of ['kafka', 'cassandra', 'registry-proxy']) {
      const server = await certificate(name);
      expect(server.verify(authority.publicKey)).toBe(true);
      expect([server.checkHost(name), server.checkHost('localhost'), server.checkIP('127.0.0.1')]).toEqual([
        name,
        'localhost',
        '127.0.0.1',
      ]);
    }
  });

  it('have certificates made anew a month before they end, and passwords kept', async () => {
    await makeSecrets(folder);
    const { validTo } = await certificate('kafka');
    const [users, before] = await Promise.all(['kafka-users', 'kafka.crt'].map(read));
    await makeSecrets(folder, { now: new Date(Date.parse(validTo) - 29 * 86_400_000) });
    expect(await read('kafka.crt')).not.toBe(before);
    expect(await read('kafka-users')).toBe(users);
  });

  it('have one password for each user in each system', async () => {
    await makeSecrets(folder);
    const names = users().map(({ name }) => name);
    const inCassandra = names.filter((name) => name !== 'producer');
    const passwords = await Promise.all([
      ...names.flatMap((name) => [read(`kafka-${name}`), read(`registry-${name}`)]),
      ...inCassandra.map((name) => read(`cassandra-${name}`)),
    ]);
    expect(new Set(passwords).size).toBe(passwords.length);
    expect(passwords.every((password) => /^[\w-]{43}$/.test(password))).toBe(true);
    const lines = (await read('cassandra-users')).trimEnd().split('\n');
    expect(lines).toHaveLength(inCassandra.length);
    expect(lines[0]).toBe(`writer ${await read('cassandra-writer')}`);
  });

  it('tell the proxy of the registry no password', async () => {
    await makeSecrets(folder);
    const users = await read('registry-users');
    expect(users).toMatch(/^producer:\{SSHA\}[\w+/=]+$/m);
    expect(users).not.toContain(await read('registry-producer'));
  });
});
