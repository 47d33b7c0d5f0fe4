export { enrichUser, type MessagePosition } from './enrichment.ts';
export { type MappingOptions, mapRandomUser, type PasswordPolicy } from './random-user-mapping.ts';
export { userRecordSchema, userRowSchema } from './schemas.ts';
export { parseUserKey, userKey } from './user-key.ts';
export { type UserRecord, type UserRow } from './user-record.generated.ts';
