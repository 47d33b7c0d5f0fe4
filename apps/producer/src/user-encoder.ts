import { avroEncoder, jsonEncoder } from '@sluice/record-schema';
import { frameHeader } from '@sluice/schema-registry';
import { type UserRecord, userRecordSchema } from '@sluice/user-schema';
import type { ProducerConfig } from './config.ts';

export interface UserEncoder {
  /** @throws DataError for a user that does not fit the schema */
  encode(user: UserRecord): Buffer;
}

/** Writes users as plain JSON, or as Avro behind the id of its schema. */
export function userEncoder(
  { MESSAGE_FORMAT }: Pick<ProducerConfig, 'MESSAGE_FORMAT'>,
  schemaId: number | undefined,
): UserEncoder {
  if (MESSAGE_FORMAT === 'json') return jsonEncoder<UserRecord>(userRecordSchema);
  if (schemaId === undefined) throw new TypeError('Avro messages need the id of their schema');
  return avroEncoder<UserRecord>(userRecordSchema, { header: frameHeader(schemaId) });
}
