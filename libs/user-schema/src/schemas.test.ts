import { cqlType } from '@sluice/record-schema';
import { expect, it } from 'vitest';
import { userRecordSchema, userRowSchema } from './schemas.ts';

const columns = (schema: typeof userRecordSchema) =>
  schema.fields.map(({ name, type, nullable }) => `${name} ${cqlType(type)}${nullable ? '' : ' required'}`);

// Fields may follow these; they may not change.
const original = [
  'first_name text',
  'last_name text',
  'gender text',
  'street text',
  'city text',
  'state text',
  'country text',
  'postcode text',
  'latitude double',
  'longitude double',
  'email text',
  'uuid uuid required',
  'username text',
  'password text',
  'birthdate timestamp',
  'age int',
  'registered_date timestamp',
  'phone text',
  'cell text',
  'picture text',
  'nationality text',
];

it('the message begins with the 21 fields of the original pipeline, only uuid required', () => {
  expect(columns(userRecordSchema).slice(0, 21)).toStrictEqual(original);
  expect(userRecordSchema.fields.filter((field) => !field.nullable).map((field) => field.name)).toStrictEqual(
    ['uuid'],
  );
});

it('the row is the message and its enrichment', () => {
  expect(columns(userRowSchema)).toStrictEqual([
    ...columns(userRecordSchema),
    'full_name text',
    'email_domain text',
    'age_group text',
    'source_partition int required',
    'source_offset bigint required',
    'event_time timestamp required',
  ]);
});

it('the ranges of the coordinates and of the age stand in the schema', () => {
  const range = (name: string) => {
    const field = userRecordSchema.fields.find((candidate) => candidate.name === name);
    return [field?.minimum, field?.maximum];
  };
  expect([range('latitude'), range('longitude'), range('age')]).toStrictEqual([
    [-90, 90],
    [-180, 180],
    [0, 150],
  ]);
});
