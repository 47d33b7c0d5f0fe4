import { recordDecoder, type RecordDecoder, type RecordDecoderOptions } from '@sluice/stream-pipeline';
import { enrichUser, userRecordSchema, type UserRecord, type UserRow } from '@sluice/user-schema';

/** What a message of the topic is to the table of users. */
export function userDecoder(
  options: Omit<RecordDecoderOptions<UserRecord, UserRow>, 'key' | 'headers' | 'transform'>,
): RecordDecoder<UserRow> {
  return recordDecoder<UserRecord, UserRow>(userRecordSchema, {
    ...options,
    key: 'uuid',
    transform: enrichUser,
  });
}
