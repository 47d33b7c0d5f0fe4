import { describe, expect, it, vi } from 'vitest';
import { SchemaRegistry } from './schema-registry.ts';

// Bun's own undici: its Agent has neither close nor destroy.
vi.mock('undici', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  Agent: class {
    readonly dispatch = () => true;
  },
}));

describe('a runtime with an undici of its own, as Bun', () => {
  it('closes the client, and refuses calls after it', async () => {
    const registry = new SchemaRegistry({ url: 'http://127.0.0.1:1' });

    await registry.close();

    await expect(registry.schemaById(1)).rejects.toMatchObject({ code: 'closed' });
  });
});
