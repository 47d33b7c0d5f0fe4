import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority, issueCertificate, type CertificateOptions, type KeyPair } from './certificates.ts';
import type { SecurityEndpoint } from './endpoints.ts';
import { readIfThere, replaceWhole } from './lock.ts';
import { secretFile } from './secret-file.ts';

/** Super user of Kafka and Cassandra in a stack with security. */
export const SECURITY_ADMIN = 'admin';
const HOSTS = ['localhost', '127.0.0.1', '127.0.0.2', '127.0.0.3', '::1'];
const FOLDER = 'secrets';

/** What the brokers ask of a token: https://kafka.apache.org/documentation/#security_sasl_oauthbearer */
export const TOKEN_ISSUER = 'local-stack';
export const TOKEN_AUDIENCE = 'kafka';

/** What one principal proves who it is with. Certificates and keys are PEM. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** The authority of the servers' certificates. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** The secrets of one stack. */
export interface StackSecrets {
  readonly folder: string;
  readonly ca: string;
  /** By principal. */
  readonly passwords: ReadonlyMap<string, string>;
  /** Keys that signatures of tokens are checked with (RFC 7517). */
  readonly jwks: string;
  credentials(principal: string): Promise<Credentials>;
  /** Key and certificate of a server, in one text. */
  serverCertificate(service: string): Promise<string>;
}

/**
 * The secrets of a stack's folder, in files of their owner's alone. Passwords and authority stay as long as the folder; what the
 * authority certifies is made anew with each start, so that it never expires.
 */
export async function makeSecrets(stackDir: string, principals: readonly string[]): Promise<StackSecrets> {
  const folder = join(stackDir, FOLDER);
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  const authority = await authorityOf(folder);
  const tokenKey = await secretFile(join(folder, 'token-key.pem'), newTokenKey);
  const passwords = new Map<string, string>();
  for (const name of principals) {
    passwords.set(name, await secretFile(join(folder, `${name}.password`)));
    await certify(folder, authority, { name, hosts: [], usage: 'client' });
  }
  return {
    folder,
    ca: authority.certificate,
    passwords,
    jwks: jwksOf(tokenKey),
    credentials: (principal) => readCredentials({ folder }, principal),
    async serverCertificate(service) {
      // A broker is a client of others, and of itself.
      const options = { name: service, hosts: HOSTS, usage: 'both' } as const;
      const { certificate, key } = await issueCertificate(authority, options);
      return key + certificate;
    },
  };
}

/** What a principal of a stack with security shows to its servers. */
export async function readCredentials(
  { folder }: Pick<SecurityEndpoint, 'folder'>,
  principal: string,
): Promise<Credentials> {
  const read = (file: string) => readFile(join(folder, file), 'utf8');
  const [password, ca, certificate, key] = await Promise.all([
    read(`${principal}.password`),
    read('ca.pem'),
    read(`${principal}.pem`),
    read(`${principal}-key.pem`),
  ]);
  return { username: principal, password, ca, certificate, key };
}

/** A signed token (RFC 9068) by which the stack's Kafka knows a principal, as an identity provider would give it. */
export async function issueToken(
  { folder }: Pick<SecurityEndpoint, 'folder'>,
  { principal, lifetimeMs = 300_000 }: { readonly principal: string; readonly lifetimeMs?: number },
): Promise<string> {
  const key = await readFile(join(folder, 'token-key.pem'), 'utf8');
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: TOKEN_ISSUER,
    aud: TOKEN_AUDIENCE,
    sub: principal,
    iat: now,
    exp: now + Math.ceil(lifetimeMs / 1000),
  };
  const content = [{ alg: 'ES256', typ: 'JWT', kid: KEY_ID }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const signature = sign('sha256', Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' });
  return `${content}.${signature.toString('base64url')}`;
}

const KEY_ID = 'local-stack';

function newTokenKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

function jwksOf(tokenKey: string): string {
  const { kty, crv, x, y } = createPrivateKey(tokenKey).export({ format: 'jwk' });
  return JSON.stringify({ keys: [{ kty, crv, x, y, kid: KEY_ID, use: 'sig', alg: 'ES256' }] });
}

async function authorityOf(folder: string): Promise<KeyPair> {
  const [certificate, key] = await Promise.all(
    ['ca.pem', 'ca-key.pem'].map((file) => readIfThere(join(folder, file))),
  );
  if (certificate && key) return { certificate, key };
  const made = await createAuthority({ name: 'local-stack' });
  // The certificate last: with it, both are there.
  await writeSecret(join(folder, 'ca-key.pem'), made.key);
  await writeSecret(join(folder, 'ca.pem'), made.certificate);
  return made;
}

async function certify(folder: string, authority: KeyPair, options: CertificateOptions): Promise<KeyPair> {
  const made = await issueCertificate(authority, options);
  await writeSecret(join(folder, `${options.name}.pem`), made.certificate);
  await writeSecret(join(folder, `${options.name}-key.pem`), made.key);
  return made;
}

/** A file of its owner's alone, also where it was there before. */
export async function writeSecret(path: string, content: string): Promise<void> {
  await replaceWhole(path, content, { mode: 0o600 });
}
