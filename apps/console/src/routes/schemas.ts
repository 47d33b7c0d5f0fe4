import type { SchemaRegistry } from '@sluice/schema-registry';
import type { Handlers } from '../handlers.ts';
import { mapSome } from '../map-some.ts';
import { badRequest, ConsoleError } from '../problem.ts';
import { fieldsOf } from '../schema-fields.ts';
import { schemaText } from '../schema-text.ts';
import type { Services } from '../services.ts';

/** Subjects that are looked up at once. */
const atOnce = 8;

export function schemaRoutes({
  servers,
}: Services): Handlers<
  'GET /api/schemas' | 'GET /api/schemas/:subject' | 'POST /api/schemas/:subject/compatibility'
> {
  return {
    'GET /api/schemas': async () => {
      const registry = configured(servers.registry);
      const [compatibility, names] = await Promise.all([registry.compatibility(), registry.subjects()]);
      const subjects = await mapSome([...names].sort(), atOnce, async (subject) => ({
        subject,
        versions: [...(await registry.versions(subject))],
        compatibility: (await registry.compatibility(subject)) ?? null,
      }));
      return { compatibility: compatibility ?? null, subjects };
    },
    'GET /api/schemas/:subject': async ({ params: { subject } }) => {
      const registry = configured(servers.registry);
      const [numbers, compatibility] = await Promise.all([
        registry.versions(subject),
        registry.compatibility(subject),
      ]);
      const versions = await mapSome(numbers, atOnce, async (number) => {
        const { version, id, avsc } = await registry.version(subject, number);
        return { version, id, avsc: schemaText(avsc), fields: fieldsOf(avsc) };
      });
      return { subject, compatibility: compatibility ?? null, versions };
    },
    'POST /api/schemas/:subject/compatibility': async ({ params: { subject }, body: { schema } }) => {
      const { compatible, messages } = await configured(servers.registry).checkCompatibility(subject, {
        avsc: parse(schema),
      });
      return { compatible, messages: [...messages] };
    },
  };
}

function configured(registry: SchemaRegistry | undefined): SchemaRegistry {
  if (registry) return registry;
  throw new ConsoleError('no schema registry is configured', {
    status: 503,
    code: 'no-registry',
    action: 'Set SCHEMA_REGISTRY_URL and start the console again.',
  });
}

function parse(schema: string): unknown {
  try {
    return JSON.parse(schema) as unknown;
  } catch (error) {
    throw badRequest(`the schema is not JSON: ${(error as Error).message}`, 'Paste an Avro schema.');
  }
}
