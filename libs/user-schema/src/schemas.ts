import { parseSchema, type RecordSchema } from '@sluice/record-schema';
import { userRecordAvsc, userRowAvsc } from './user-record.generated.ts';

/** The message: 21 fields of a user, of which only uuid is required. */
export const userRecordSchema: RecordSchema = parseSchema(userRecordAvsc);

/** The row: the message's fields and what {@link enrichUser} adds. */
export const userRowSchema: RecordSchema = parseSchema(userRowAvsc);
