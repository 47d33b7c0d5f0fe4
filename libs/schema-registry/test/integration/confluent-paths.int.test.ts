import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SchemaRegistry, type SchemaRegistryOptions } from '../../src/index.ts';
import { type ProxyOptions, startProxy } from '../registry-proxy.ts';

const real = process.env.SCHEMA_REGISTRY_URL ?? '';
let subject: string;
const toClose: { close(): Promise<void> }[] = [];
beforeEach(() => {
  subject = `orders-${randomUUID()}-value`;
});
afterEach(async () => {
  for (const opened of toClose.splice(0)) await opened.close();
});

const schema = () => ({
  avsc: {
    type: 'record',
    name: `Order${subject.replaceAll('-', '')}`,
    fields: [{ name: 'id', type: 'string' }],
  },
});

async function registryBehind(
  proxyOptions: ProxyOptions = {},
  options: Omit<SchemaRegistryOptions, 'url'> = {},
) {
  const proxy = await startProxy(real, proxyOptions);
  const registry = new SchemaRegistry({ url: proxy.url, ...options });
  toClose.push(registry, proxy);
  return { registry, proxy };
}

describe("the API's address", () => {
  it.each(['', '/', '/apis/ccompat/v7', '/apis/ccompat/v6/'])(
    'is found from the address of Apicurio with the path "%s"',
    async (path) => {
      const registry = new SchemaRegistry({ url: real + path });
      toClose.push(registry);
      const id = await registry.register(subject, schema());
      expect(await registry.schemaById(id)).toMatchObject({ id, ...schema() });
    },
  );

  it.each(['', '/prefix', '/two/parts'])(
    'may be the root or a path, as with Confluent: "%s"',
    async (prefix) => {
      const { registry, proxy } = await registryBehind({ prefix });
      const id = await registry.register(subject, schema());
      expect(await registry.version(subject, 'latest')).toMatchObject({ id, version: 1, ...schema() });
      expect(proxy.requests.filter((asked) => asked.includes('/apis/'))).toEqual([]);
    },
  );

  it('is looked for once, however many calls wait for it', async () => {
    const { registry, proxy } = await registryBehind();
    await Promise.all(Array.from({ length: 20 }, () => registry.subjects()));
    await registry.subjects();
    expect(proxy.requests.filter((asked) => asked === 'GET /schemas/types')).toHaveLength(1);
  });

  it('is not kept where the first search failed', async () => {
    const { registry, proxy } = await registryBehind({ authorization: 'Bearer other' });
    await expect(registry.subjects()).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(registry.subjects()).rejects.toMatchObject({ code: 'unauthorized' });
    expect(proxy.requests).toEqual(['GET /schemas/types', 'GET /schemas/types']);
  });
});

describe('a schema id', () => {
  it('is one request, whether 100 ask at once or later, also when the registry has gone', async () => {
    const { registry, proxy } = await registryBehind();
    const id = await registry.register(subject, schema());
    const found = await Promise.all(Array.from({ length: 100 }, () => registry.schemaById(id)));
    await proxy.close();
    found.push(await registry.schemaById(id));
    expect(found.every(({ avsc }) => JSON.stringify(avsc) === JSON.stringify(schema().avsc))).toBe(true);
    expect(proxy.requests.filter((asked) => asked.includes('/schemas/ids/'))).toHaveLength(1);
  });

  it('with references is one request, and one for each reference', async () => {
    const { registry, proxy } = await registryBehind();
    await registry.register(`${subject}-id`, { avsc: { type: 'fixed', name: 'Id', size: 8 } });
    const references = [{ name: 'Id', subject: `${subject}-id`, version: 1 }];
    const ids = await Promise.all(
      ['A', 'B'].map((name) =>
        registry.register(`${subject}-${name}`, {
          avsc: {
            type: 'record',
            name: `${schema().avsc.name}${name}`,
            fields: [{ name: 'id', type: 'Id' }],
          },
          references,
        }),
      ),
    );
    const asked = proxy.requests.length;
    await Promise.all([...ids, ...ids].map((id) => registry.schemaById(id)));
    expect(proxy.requests.slice(asked).toSorted()).toEqual([
      ...ids.map((id) => `GET /schemas/ids/${id}`).toSorted(),
      `GET /subjects/${subject}-id/versions/1?deleted=true`,
    ]);
  });
});

describe('credentials', () => {
  it.each([
    ['basic', { username: 'me', password: 'pass:wörd' }, `Basic ${btoa('me:pass:w\xc3\xb6rd')}`],
    ['bearer', { token: 'abc.def' }, 'Bearer abc.def'],
  ])('are sent as %s authentication', async (_, auth, authorization) => {
    const { registry } = await registryBehind({ authorization }, { auth });
    expect(await registry.register(subject, schema())).toBeGreaterThan(0);
  });

  it('that are wrong or missing are an error that does not hold them', async () => {
    for (const auth of [{ username: 'me', password: 'sesame' }, { token: 'sesame' }, undefined]) {
      const { registry } = await registryBehind({ authorization: 'Bearer right' }, { auth });
      const error: unknown = await registry.subjects().catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'unauthorized', retryable: false, status: 401 });
      expect(JSON.stringify(error) + String(error)).not.toMatch(/sesame|Basic|Bearer/);
    }
  });
});

describe('https', () => {
  it('is trusted with its authority, and refused without it, with what to do', async () => {
    const tls = await selfSigned();
    const { registry } = await registryBehind({ tls }, { tls: { ca: tls.cert } });
    expect(await registry.register(subject, schema())).toBeGreaterThan(0);

    const { registry: trustsNobody } = await registryBehind({ tls });
    await expect(trustsNobody.subjects()).rejects.toMatchObject({
      code: 'untrusted',
      retryable: false,
      message: expect.stringContaining('tls.ca'),
    });
  });
});

/** A certificate that signs itself, and its key. */
async function selfSigned(): Promise<{ key: string; cert: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-certificate-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=registry'];
  const address = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert];
  await promisify(execFile)('openssl', [...args, ...address]);
  const pem = { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
  await rm(folder, { recursive: true });
  return pem;
}
