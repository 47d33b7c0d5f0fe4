// Columns of numbers: aligned at their ends, and sortable. What is not known is null, and below all others.
import type { Column } from './data-table.tsx';

interface NumberColumn<Row, Value> extends Pick<Column<Row>, 'key' | 'title' | 'width'> {
  readonly value: (row: Row) => Value;
  readonly format: (value: Value) => string;
}

export function figureColumn<Row>(column: NumberColumn<Row, number | null>): Column<Row> {
  const { key, title, width, value, format } = column;
  return {
    ...{ key, title, width },
    align: 'end',
    sortBy: (row) => value(row) ?? -1,
    render: (row) => format(value(row)),
  };
}

/** Of offsets, which come as decimal text. */
export function exactColumn<Row>(column: NumberColumn<Row, string | null>): Column<Row> {
  const { key, title, width, value, format } = column;
  return {
    ...{ key, title, width },
    align: 'end',
    sortBy: (row) => BigInt(value(row) ?? -1),
    render: (row) => format(value(row)),
  };
}
