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
      { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
      { name: 'day', type: { type: 'int', logicalType: 'date' } },
      { name: 'exactly', type: { type: 'long', logicalType: 'timestamp-micros' } },
      { name: 'state', type: { type: 'enum', name: 'State', symbols: ['new', 'paid'] } },
      {
        name: 'parts',
        type: [
          'null',
          {
            type: 'array',
            items: { type: 'record', name: 'Part', doc: 'A part.', fields: [{ name: 'n', type: 'int' }] },
          },
        ],
      },
      {
        name: 'grid',
        type: {
          type: 'array',
          items: { type: 'array', items: { type: 'enum', name: 'Cell', symbols: ['on', 'off'] } },
        },
      },
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
  readonly price: string;
  readonly day: string;
  readonly exactly: bigint;
  readonly state: 'new' | 'paid';
  readonly parts: readonly Part[] | null;
  readonly grid: readonly (readonly ('on' | 'off')[])[];
}

/** A part. */
export interface Part {
  readonly n: number;
}
`);
  expect(constant).toBe(`export const lineItemAvsc = ${JSON.stringify(schema.avsc, null, 2)} as const;\n`);
});
