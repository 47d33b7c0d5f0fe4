import { describe, expect, it } from 'vitest';
import type { SchemaReference, StoredSchema } from './answers.ts';
import { resolveReferences } from './references.ts';

const to = (subject: string): SchemaReference => ({ name: subject, subject, version: 1 });

/** Resolves from `a`, given who refers to whom. */
async function resolve(referred: Readonly<Record<string, readonly string[]>>) {
  const asked: string[] = [];
  const schemas = await resolveReferences([to('a')], ({ subject }): Promise<StoredSchema> => {
    asked.push(subject);
    return Promise.resolve({ avsc: subject, references: (referred[subject] ?? []).map(to) });
  });
  return { asked, schemas };
}

describe('references', () => {
  it('come after those that they refer to themselves, each once', async () => {
    const { asked, schemas } = await resolve({ a: ['b', 'c'], b: ['d'], c: ['d', 'b'] });
    expect(schemas).toEqual(['d', 'b', 'c', 'a']);
    expect(asked.toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });

  it.each([
    [{ a: ['a'] }, 'a version 1 -> a version 1'],
    [{ a: ['b'], b: ['c'], c: ['b'] }, 'b version 1 -> c version 1 -> b version 1'],
  ])('in a circle are refused: %j', async (referred, circle) => {
    await expect(resolve(referred)).rejects.toMatchObject({
      code: 'reference-cycle',
      message: expect.stringContaining(circle),
    });
  });
});
