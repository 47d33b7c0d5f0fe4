import type { SchemaReference, StoredSchema } from './answers.ts';
import { RegistryError } from './errors.ts';

/**
 * The schemas that a schema refers to, directly or not, in the order in which they have to be read: each after those that it
 * refers to itself, and once.
 * @throws RegistryError `reference-cycle`
 */
export async function resolveReferences(
  references: readonly SchemaReference[],
  lookUp: (reference: SchemaReference) => Promise<StoredSchema>,
): Promise<readonly unknown[]> {
  const schemas: unknown[] = [];
  const done = new Set<string>();
  const resolve = async (list: readonly SchemaReference[], path: readonly string[]): Promise<void> => {
    for (const reference of list) {
      const place = placeOf(reference);
      if (path.includes(place)) {
        const circle = [...path.slice(path.indexOf(place)), place].join(' -> ');
        throw new RegistryError('reference-cycle', `schemas of the registry refer to each other: ${circle}`);
      }
      if (done.has(place)) continue;
      const stored = await lookUp(reference);
      await resolve(stored.references, [...path, place]);
      done.add(place);
      schemas.push(stored.avsc);
    }
  };
  await resolve(references, []);
  return schemas;
}

/** Subject and version, of which no two are equal. */
export function placeOf({ subject, version }: SchemaReference): string {
  return `${subject} version ${version}`;
}
