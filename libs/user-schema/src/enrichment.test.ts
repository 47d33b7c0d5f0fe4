import { readFileSync } from 'node:fs';
import { recordValidator } from '@sluice/record-schema';
import { describe, expect, it } from 'vitest';
import { enrichUser } from './enrichment.ts';
import { userRecordSchema, userRowSchema } from './schemas.ts';
import type { UserRecord } from './user-record.generated.ts';

const { vectors } = JSON.parse(
  readFileSync(new URL('../vectors/enrichment.json', import.meta.url), 'utf8'),
) as {
  readonly vectors: readonly { name: string; record: Partial<UserRecord>; expect: object }[];
};
const nobody = {
  ...Object.fromEntries(userRecordSchema.fields.map((field) => [field.name, null])),
  uuid: '7a0eed16-9430-4d68-901f-c0d4c1c3bf00',
} as UserRecord;
const position = { partition: 3, offset: 9_007_199_254_740_993n, timestamp: 1_700_000_000_123 };

describe('enrichUser', () => {
  it.each(vectors)('$name', ({ record, expect: expected }) => {
    const row = enrichUser({ ...nobody, ...record }, position);
    expect(row).toMatchObject(expected);
    recordValidator(userRowSchema)(row);
  });

  it('keeps the message and says where it stood', () => {
    expect(enrichUser({ ...nobody, city: 'Ilmajoki' }, position)).toStrictEqual({
      ...nobody,
      city: 'Ilmajoki',
      full_name: null,
      email_domain: null,
      age_group: null,
      source_partition: 3,
      source_offset: 9_007_199_254_740_993n,
      event_time: 1_700_000_000_123,
    });
  });
});
