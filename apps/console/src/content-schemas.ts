import { RegistryError, type SchemaRegistry } from '@sluice/schema-registry';
import { type ContentSchema, contentSchema } from './content-schema.ts';

const maxSchemas = 200;

type Found = ContentSchema | { readonly problem: string };

/** Schemas of a registry by their ids, as the console reads by them. */
export class ContentSchemas {
  readonly #registry: SchemaRegistry;
  readonly #known = new Map<number, Promise<Found>>();

  constructor(registry: SchemaRegistry) {
    this.#registry = registry;
  }

  /** Never rejects: without its schema a message is shown as bytes. */
  find(id: number): Promise<Found> {
    const known = this.#known.get(id);
    if (known) return known;
    const found = this.#read(id);
    this.#known.set(id, found);
    if (this.#known.size > maxSchemas) this.#known.delete([...this.#known.keys()][0] ?? id);
    // what failed may succeed next time
    void found.then((schema) => 'problem' in schema && this.#known.delete(id));
    return found;
  }

  async #read(id: number): Promise<Found> {
    try {
      const { avsc, references } = await this.#registry.schemaById(id);
      return contentSchema(avsc, references);
    } catch (error) {
      const reason = error instanceof RegistryError || error instanceof Error ? error.message : String(error);
      return { problem: `its schema cannot be read: ${reason}` };
    }
  }
}
