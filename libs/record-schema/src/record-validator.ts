import { DataError } from './errors.ts';
import { type RecordSchema } from './schema.ts';
import { checkValue, fieldRule } from './value-rules.ts';

/**
 * Checks records against a schema: types, nullability and ranges. Every field must be there, nullable ones
 * as null where they have no value, and nothing else, so that a misspelt name cannot lose a value.
 *
 * @returns a function that throws {@link DataError} for the first field, in schema order, that is wrong
 * @throws SchemaError for a field whose values cannot be checked
 */
export function recordValidator(schema: RecordSchema): (record: unknown) => void {
  const rules = schema.fields.map(fieldRule);
  return (record) => {
    if (typeof record !== 'object' || record === null) throw new DataError('not-an-object');
    const values = record as Readonly<Record<string, unknown>>;
    for (const rule of rules) checkValue(rule, values[rule.name]);
    if (Object.keys(record).length !== rules.length) throw new DataError('unknown-field');
  };
}
