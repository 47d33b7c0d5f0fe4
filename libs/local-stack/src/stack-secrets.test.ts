import { createPublicKey, verify, X509Certificate, type JsonWebKey } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { issueToken, makeSecrets, readCredentials } from './stack-secrets.ts';

let stackDir = '';

beforeEach(async () => {
  stackDir = await mkdtemp(join(tmpdir(), 'sluice-secrets-'));
});

afterEach(() => rm(stackDir, { recursive: true }));

it('keeps passwords and authority for the next start, and makes certificates anew', async () => {
  const first = await makeSecrets(stackDir, ['writer']);
  const before = await readCredentials(first, 'writer');
  const second = await makeSecrets(stackDir, ['writer', 'producer']);
  const after = await readCredentials(second, 'writer');
  expect(second.passwords.get('writer')).toBe(first.passwords.get('writer'));
  expect(second.passwords.get('producer')).not.toBe(first.passwords.get('writer'));
  expect([after.password, after.ca]).toEqual([before.password, before.ca]);
  expect(after.certificate).not.toBe(before.certificate);
  expect(second.jwks).toBe(first.jwks);
});

it('keeps every file from others', async () => {
  const { folder } = await makeSecrets(stackDir, ['writer']);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  for (const file of await readdir(folder))
    expect([file, (await stat(join(folder, file))).mode & 0o777]).toEqual([file, 0o600]);
});

it('certifies principals by their names and servers for this machine', async () => {
  const secrets = await makeSecrets(stackDir, ['writer']);
  const { certificate } = await secrets.credentials('writer');
  expect(new X509Certificate(certificate).subject).toBe('CN=writer');
  const server = new X509Certificate(await secrets.serverCertificate('kafka'));
  expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(server.verify(new X509Certificate(secrets.ca).publicKey)).toBe(true);
});

it('signs tokens that the published keys prove', async () => {
  const secrets = await makeSecrets(stackDir, ['writer']);
  const token = await issueToken(secrets, { principal: 'writer' });
  const [head = '', claims = '', signature = ''] = token.split('.');
  const { keys } = JSON.parse(secrets.jwks) as { keys: JsonWebKey[] };
  const key = createPublicKey({ key: keys[0] ?? {}, format: 'jwk' });
  const content = Buffer.from(`${head}.${claims}`);
  const proof = Buffer.from(signature, 'base64url');
  expect(verify('sha256', content, { key, dsaEncoding: 'ieee-p1363' }, proof)).toBe(true);
  const read = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
  expect(read).toMatchObject({ sub: 'writer', aud: 'kafka', iss: 'local-stack' });
  expect(Number(read.exp) - Number(read.iat)).toBe(300);
  expect(keys[0]).not.toHaveProperty('d');
});
