import { expect, it } from 'vitest';
import { parseSchema } from './parse-schema.ts';
import { renderTypeScript } from './type-script.ts';

it('renders an interface with a docstring a field, and the schema itself', () => {
  const schema = parseSchema({
    type: 'record',
    name: 'LineItem',
    doc: 'One line of an order.',
    fields: [
      { name: 'id', type: { type: 'string', logicalType: 'uuid' }, doc: 'The key.\n  Ends no */ comment.' },
      { name: 'count', type: ['null', 'long'], default: null },
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'paid', type: 'boolean' },
      { name: 'raw', type: 'bytes' },
    ],
  });
  const [types, constant] = renderTypeScript(schema).split('\n/** The Avro schema of {@link LineItem}. */\n');
  expect(types).toBe(`/** One line of an order. */
export interface LineItem {
  /** The key. Ends no * / comment. */
  readonly id: string;
  readonly count: bigint | null;
  readonly at: number;
  readonly paid: boolean;
  readonly raw: Buffer;
}
`);
  expect(constant).toBe(`export const lineItemAvsc = ${JSON.stringify(schema.avsc, null, 2)} as const;\n`);
});
