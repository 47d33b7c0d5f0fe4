import { avroEncoder } from '@sluice/record-schema';
import { frameHeader, type SchemaRegistry } from '@sluice/schema-registry';
import { type UserRecord, userRecordSchema } from '@sluice/user-schema';

/** Writes users in Avro behind a schema id of its own: the schemas of two notes differ in nothing else. */
export async function avroWith(
  registry: SchemaRegistry,
  topic: string,
  note: string,
): Promise<(user: UserRecord) => Buffer> {
  const avsc = { ...(userRecordSchema.avsc as object), doc: note };
  return avroOf(await registry.register(`${topic}-value`, { avsc }));
}

/** The same behind an id that the caller gives. */
export function avroOf(id: number): (user: UserRecord) => Buffer {
  const { encode } = avroEncoder<UserRecord>(userRecordSchema, { header: frameHeader(id) });
  return encode;
}
