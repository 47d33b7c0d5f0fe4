import { DataError, isLowerCaseUuid } from '@sluice/record-schema';
import type { UserRecord } from './user-record.generated.ts';

/** The message key of a user: the uuid as lower-case text. */
export function userKey(record: UserRecord): string {
  return record.uuid;
}

/**
 * Reads a message key: a uuid as text, in either case.
 *
 * @returns the uuid in lower case
 * @throws DataError `bad-key`
 */
export function parseUserKey(key: Uint8Array): string {
  // Latin-1 gives a character a byte; those beyond ASCII are in no uuid.
  const text = key.length === 36 ? Buffer.from(key).toString('latin1').toLowerCase() : '';
  if (!isLowerCaseUuid(text)) throw new DataError('bad-key');
  return text;
}
