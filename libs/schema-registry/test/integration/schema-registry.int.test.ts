import { randomUUID } from 'node:crypto';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { SchemaRegistry } from '../../src/index.ts';

const registry = new SchemaRegistry({ url: process.env.SCHEMA_REGISTRY_URL ?? '' });
let subject: string;
beforeEach(() => {
  subject = `orders-${randomUUID()}-value`;
});
afterAll(() => registry.close());

/** A schema of its own for each test: the same one would have the same id in every subject. */
const order = (...more: readonly object[]) => ({
  type: 'record',
  name: 'Order',
  namespace: `test.n${subject.replaceAll('-', '')}`,
  fields: [{ name: 'id', type: 'string', maxLength: 40 }, ...more],
});
const note = { name: 'note', type: ['null', 'string'], default: null };
const price = { name: 'price', type: 'double' };

describe('register', () => {
  it('gives a schema an id, and the same one when it is registered again', async () => {
    const id = await registry.register(subject, { avsc: order() });
    expect(id).toBeGreaterThan(0);
    expect(await registry.register(subject, { avsc: order() })).toBe(id);
    expect(await registry.versions(subject)).toEqual([1]);
    expect(await registry.subjects()).toContain(subject);
  });

  it('gives everyone the same id who brings the same schema at the same moment', async () => {
    await registry.setCompatibility('BACKWARD_TRANSITIVE', subject);
    for (const avsc of [order(), order(note)]) {
      const ids = await Promise.all(Array.from({ length: 8 }, () => registry.register(subject, { avsc })));
      expect(new Set(ids).size).toBe(1);
    }
  });

  it('is refused with the reasons of the registry where earlier versions forbid it', async () => {
    await registry.register(subject, { avsc: order() });
    await registry.setCompatibility('BACKWARD_TRANSITIVE', subject);
    await expect(registry.register(subject, { avsc: order(price) })).rejects.toMatchObject({
      name: 'RegistryError',
      code: 'incompatible',
      retryable: false,
      status: 409,
      message: expect.stringMatching(/ 409: Incompatible artifact.*price at \/fields\/1/),
    });
    expect(await registry.versions(subject)).toEqual([1]);
  });

  it('is refused for what is no Avro schema', async () => {
    await expect(registry.register(subject, { avsc: { type: 'recor' } })).rejects.toMatchObject({
      code: 'invalid-schema',
      status: 422,
    });
  });
});

describe('lookUp', () => {
  it('finds the version that a schema is, with every attribute', async () => {
    await registry.register(subject, { avsc: order() });
    const id = await registry.register(subject, { avsc: order(note) });
    const found = await registry.lookUp(subject, { avsc: order(note) });
    expect(found).toEqual({ subject, version: 2, id, avsc: order(note), references: [] });
  });

  it('tells a schema that is not there from a subject that is not there', async () => {
    await expect(registry.lookUp(subject, { avsc: order() })).rejects.toMatchObject({
      code: 'subject-not-found',
    });
    await registry.register(subject, { avsc: order() });
    await expect(registry.lookUp(subject, { avsc: order(note) })).rejects.toMatchObject({
      code: 'schema-not-found',
    });
  });
});

describe('version', () => {
  it('gives a version by number, and the latest', async () => {
    const first = await registry.register(subject, { avsc: order() });
    const second = await registry.register(subject, { avsc: order(note) });
    expect(await registry.version(subject, 1)).toMatchObject({ id: first, version: 1, avsc: order() });
    expect(await registry.version(subject, 'latest')).toMatchObject({ id: second, version: 2 });
  });

  it('tells a version that is not there from a subject that is not there', async () => {
    await expect(registry.version(subject, 'latest')).rejects.toMatchObject({ code: 'subject-not-found' });
    await expect(registry.versions(subject)).rejects.toMatchObject({ code: 'subject-not-found' });
    await registry.register(subject, { avsc: order() });
    await expect(registry.version(subject, 7)).rejects.toMatchObject({ code: 'version-not-found' });
  });

  it('takes subjects with any character in the name', async () => {
    const name = `${subject}/a b?#ä`;
    const id = await registry.register(name, { avsc: order() });
    expect(await registry.version(name, 'latest')).toMatchObject({ subject: name, id });
    expect(await registry.versions(name)).toEqual([1]);
  });
});

describe('schemaById', () => {
  it('gives the schema of an id', async () => {
    const id = await registry.register(subject, { avsc: order() });
    expect(await registry.schemaById(id)).toEqual({ id, avsc: order(), references: [] });
  });

  it.each([2_147_483_647, -1, 1.5])('does not know the id %j', async (id) => {
    await expect(registry.schemaById(id)).rejects.toMatchObject({
      code: 'schema-not-found',
      retryable: false,
    });
  });
});

describe('compatibility', () => {
  it('is told with the reasons of the registry', async () => {
    await registry.register(subject, { avsc: order() });
    await registry.setCompatibility('BACKWARD_TRANSITIVE', subject);
    expect(await registry.checkCompatibility(subject, { avsc: order(note) })).toEqual({
      compatible: true,
      messages: [],
    });
    expect(await registry.checkCompatibility(subject, { avsc: order(price) })).toEqual({
      compatible: false,
      messages: [expect.stringContaining('price at /fields/1')],
    });
  });

  it('is with all versions at a transitive level, not with the last one alone', async () => {
    await registry.register(subject, { avsc: order() });
    await registry.setCompatibility('FORWARD', subject);
    await registry.register(subject, { avsc: order(price) });
    await registry.setCompatibility('BACKWARD_TRANSITIVE', subject);
    expect(await registry.checkCompatibility(subject, { avsc: order(price, note) })).toMatchObject({
      compatible: false,
    });
  });

  it('is given for a subject that does not exist', async () => {
    expect(await registry.checkCompatibility(subject, { avsc: order() })).toEqual({
      compatible: true,
      messages: [],
    });
  });

  it('level can be set before the subject exists, and is kept', async () => {
    expect(await registry.compatibility(subject)).toBeUndefined();
    await registry.setCompatibility('BACKWARD_TRANSITIVE', subject);
    await registry.register(subject, { avsc: order() });
    expect(await registry.compatibility(subject)).toBe('BACKWARD_TRANSITIVE');
    await expect(registry.register(subject, { avsc: order(price) })).rejects.toMatchObject({
      code: 'incompatible',
    });
  });

  it.each(['NONE', 'BACKWARD', 'FORWARD', 'FORWARD_TRANSITIVE', 'FULL', 'FULL_TRANSITIVE'] as const)(
    'level %s can be set and read',
    async (level) => {
      await registry.register(subject, { avsc: order() });
      await registry.setCompatibility(level, subject);
      expect(await registry.compatibility(subject)).toBe(level);
    },
  );

  it('has a level for subjects that have none of their own', async () => {
    expect(await registry.compatibility()).toMatch(/^(NONE|BACKWARD)/);
  });
});

describe('references', () => {
  const city = () => ({ type: 'record', name: 'City', namespace: order().namespace, fields: [] });
  const address = () => ({
    type: 'record',
    name: 'Address',
    namespace: order().namespace,
    fields: [{ name: 'city', type: `${order().namespace}.City` }],
  });
  const to = (name: string) => ({
    name: `${order().namespace}.${name}`,
    subject: `${subject}-${name}`,
    version: 1,
  });
  const shipped = () =>
    order(
      { name: 'from', type: `${order().namespace}.Address` },
      { name: 'via', type: `${order().namespace}.City` },
    );

  it('are resolved in the order in which they have to be read, each once', async () => {
    await registry.register(`${subject}-City`, { avsc: city() });
    await registry.register(`${subject}-Address`, { avsc: address(), references: [to('City')] });
    const references = [to('Address'), to('City')];
    const id = await registry.register(subject, { avsc: shipped(), references });
    const expected = { id, avsc: shipped(), references: [city(), address()] };
    expect(await registry.schemaById(id)).toEqual(expected);
    expect(await registry.version(subject, 'latest')).toMatchObject(expected);
    expect(await registry.lookUp(subject, { avsc: shipped(), references })).toMatchObject(expected);
  });

  it('to what is not registered are refused', async () => {
    await expect(
      registry.register(subject, { avsc: shipped(), references: [to('Address'), to('City')] }),
    ).rejects.toMatchObject({ code: 'invalid-schema' });
  });
});
