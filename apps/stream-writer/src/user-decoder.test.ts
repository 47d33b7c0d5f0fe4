import { readFileSync } from 'node:fs';
import type { ConsumedRecord } from '@sluice/kafka-client';
import { RecordHeld, RecordRefusal } from '@sluice/stream-pipeline';
import { describe, expect, it } from 'vitest';
import { userDecoder } from './user-decoder.ts';

interface Message {
  readonly name: string;
  readonly key: string | null;
  readonly value?: string | null;
  readonly hex?: string;
  readonly headers: readonly (readonly [string, string | null])[];
  readonly timestamp: number;
  readonly partition: number;
  readonly offset: number;
  readonly expect: object;
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../libs/user-schema/vectors/messages.json', import.meta.url), 'utf8'),
) as {
  readonly now: number;
  readonly schemas: Readonly<Record<string, unknown>>;
  readonly messages: readonly Message[];
};

const decoder = userDecoder({
  now: () => vectors.now,
  unknownSchemaWaitMs: 0,
  registry: {
    schemaById: (id) =>
      id in vectors.schemas
        ? Promise.resolve({ avsc: vectors.schemas[id], references: [] })
        : Promise.reject(Object.assign(new Error('no such schema'), { code: 'schema-not-found' })),
  },
});

function recordOf({ key, value, hex, headers, ...place }: Message): ConsumedRecord {
  const bytes = hex === undefined ? bytesOf(value ?? null) : Buffer.from(hex, 'hex');
  return {
    topic: 'user_records',
    ...place,
    key: bytesOf(key),
    value: bytes,
    headers: headers.map(([name, text]) => [name, bytesOf(text)] as const),
  };
}

function bytesOf(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text);
}

async function outcome(record: ConsumedRecord): Promise<object> {
  for (;;) {
    try {
      const decoded = decoder.decode(record);
      if (decoded.kind === 'filtered') return decoded;
      const { writeTimestamp } = decoded.version;
      return decoded.kind === 'delete'
        ? { delete: decoded.key.uuid, writeTimestamp }
        : { upsert: { ...decoded.row, source_offset: Number(decoded.row.source_offset) }, writeTimestamp };
    } catch (error) {
      if (error instanceof RecordRefusal) return { stage: error.stage, code: error.code };
      if (!(error instanceof RecordHeld) || !error.until) throw error;
      await error.until;
    }
  }
}

describe('a message of the topic', () => {
  it.each(vectors.messages)('$name', async (message) => {
    expect(await outcome(recordOf(message))).toEqual(message.expect);
  });
});
