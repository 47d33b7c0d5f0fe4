import type { RecordSchema } from './schema.ts';
import { checkRecord, fieldRule } from './value-rules.ts';

/**
 * Checks records against a schema: types, nullability and ranges. Every field must be there, nullable ones
 * as null where they have no value, and nothing else, so that a misspelt name cannot lose a value.
 *
 * @returns a function that throws {@link DataError} for the first field, in schema order, that is wrong
 */
export function recordValidator(schema: RecordSchema): (record: unknown) => void {
  const rules = schema.fields.map((field) => fieldRule(field));
  return (record) => checkRecord(rules, record);
}
