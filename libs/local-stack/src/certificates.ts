import 'reflect-metadata';
import { createPrivateKey, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A certificate and its private key, both PEM; the key is PKCS#8 and not encrypted. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface AuthorityOptions {
  /** The common name. */
  readonly name: string;
  /** Validity from now on, days. Default 3,650. */
  readonly days?: number;
}

export interface CertificateOptions {
  /** The common name; for a client that Kafka knows by its certificate, its principal is `User:CN=<name>`. */
  readonly name: string;
  /** DNS names and IP addresses that it is for. A client's may have none. */
  readonly hosts: readonly string[];
  /** What it may prove: a server to its clients, a client to servers, or both. */
  readonly usage: 'server' | 'client' | 'both';
  /** Validity from `notBefore` on, days; with an earlier `notBefore`, tests get one that has expired. Default 825. */
  readonly days?: number;
  /** Default: five minutes ago, since the clocks of two machines differ. */
  readonly notBefore?: Date;
}

const dayMs = 86_400_000;
const clockSkewMs = 300_000;

// ECDSA: a key takes a millisecond, an RSA key up to a second. Kafka, Cassandra, nginx and PostgreSQL all take it.
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

const serverAuth = '1.3.6.1.5.5.7.3.1';
const clientAuth = '1.3.6.1.5.5.7.3.2';
const purposes = { server: [serverAuth], client: [clientAuth], both: [serverAuth, clientAuth] };

/** Makes a certificate authority for development: who has its key can pass for any server that trusts it. */
export async function createAuthority({ name, days = 3650 }: AuthorityOptions): Promise<KeyPair> {
  const keys = await makeKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: commonName(name),
    keys,
    ...validity(days),
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pem(certificate), key: await privateKeyPem(keys) };
}

/** Makes a key and has the authority certify it (RFC 5280; names as in RFC 6125, so the common name is no host). */
export async function issueCertificate(
  authority: KeyPair,
  { name, hosts, usage, days = 825, notBefore }: CertificateOptions,
): Promise<KeyPair> {
  const issuer = new X509Certificate(authority.certificate);
  const keys = await makeKeys();
  const certificate = await X509CertificateGenerator.create({
    subject: commonName(name),
    issuer: issuer.subjectName,
    publicKey: keys.publicKey,
    signingKey: await signingKey(authority.key),
    ...validity(days, notBefore),
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension(purposes[usage]),
      ...(hosts.length > 0 ? [new SubjectAlternativeNameExtension(hosts.map(generalName))] : []),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { certificate: pem(certificate), key: await privateKeyPem(keys) };
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function commonName(name: string): Name {
  return new Name([{ CN: [name] }]);
}

function generalName(host: string) {
  return { type: isIP(host) === 0 ? ('dns' as const) : ('ip' as const), value: host };
}

function validity(days: number, notBefore = new Date(Date.now() - clockSkewMs)) {
  return { notBefore, notAfter: new Date(notBefore.getTime() + days * dayMs) };
}

/** One line break at the end, so that files can be joined. */
function pem(certificate: X509Certificate): string {
  return `${certificate.toString('pem').trimEnd()}\n`;
}

async function privateKeyPem({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString();
}

function signingKey(key: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(key).export({ format: 'der', type: 'pkcs8' });
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
}
