import { once } from 'node:events';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type ConnectionOptions, type TlsOptions } from 'node:tls';
import { expect, it } from 'vitest';
import { createAuthority, issueCertificate, type CertificateOptions } from './certificates.ts';

const authority = await createAuthority({ name: 'Test authority' });
const server = { name: 'broker', hosts: ['localhost', '127.0.0.1', '::1'], usage: 'server' } as const;
const client = { name: 'producer', hosts: [], usage: 'client' } as const;

/** What a handshake with a server ends with: `ok`, or the code of the first error on the client's side. */
async function handshake(own: TlsOptions, other: ConnectionOptions = {}): Promise<string> {
  const listener = createServer(own, (socket) => socket.end('ready')).listen(0, '127.0.0.1');
  listener.on('tlsClientError', () => undefined);
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const socket = connect({ host: '127.0.0.1', port, ca: authority.certificate, ...other });
  try {
    // With TLS 1.3 a server that refuses the client's certificate may close without a word.
    const closed = once(socket, 'close').then(() => 'closed');
    return await Promise.race([once(socket, 'data').then(() => 'ok'), closed]);
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  } finally {
    socket.destroy();
    listener.close();
  }
}

async function issued(options: CertificateOptions) {
  const { certificate: cert, key } = await issueCertificate(authority, options);
  return { cert, key };
}

it('names the authority, the subject and the hosts', async () => {
  const { cert, key } = await issued(server);
  const certificate = new X509Certificate(cert);
  expect(certificate.subject).toBe('CN=broker');
  expect(certificate.issuer).toBe('CN=Test authority');
  expect(certificate.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1');
  expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
});

it('is accepted by a client that trusts the authority', async () => {
  expect(await handshake(await issued(server))).toBe('ok');
});

it('is refused for another host', async () => {
  const own = await issued({ ...server, hosts: ['example.org'] });
  expect(await handshake(own)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
});

it('is refused once it has expired', async () => {
  const notBefore = new Date(Date.now() - 3 * 86_400_000);
  expect(await handshake(await issued({ ...server, notBefore, days: 2 }))).toBe('CERT_HAS_EXPIRED');
});

it('is refused by a client that trusts another authority', async () => {
  const { certificate: ca } = await createAuthority({ name: 'Test authority' });
  expect(await handshake(await issued(server), { ca })).not.toBe('ok');
});

it('proves a client to a server that asks for it, and only with the usage of a client', async () => {
  const own = { ...(await issued(server)), ca: authority.certificate, requestCert: true };
  expect(await handshake(own, await issued(client))).toBe('ok');
  expect(await handshake(own, await issued({ ...client, usage: 'both' }))).toBe('ok');
  expect(await handshake(own, await issued({ ...client, usage: 'server' }))).not.toBe('ok');
  expect(await handshake(own)).not.toBe('ok');
});
