import { UnstyledButton } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useMemo, useRef, useState } from 'react';

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  /** Pixels that it needs, and its share of what is left. */
  readonly width: readonly [pixels: number, share: number];
  readonly render: (row: Row) => ReactNode;
  readonly align?: 'end';
  /** Makes the column sortable. */
  readonly sortBy?: (row: Row) => number | bigint | string;
}

interface DataTableProps<Row> {
  /** What the rows are, for screen readers. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** In px; a row keeps it whatever it holds. */
  readonly rowHeight?: number;
  /** In px: longer tables scroll. */
  readonly maxHeight?: number;
  readonly isSelected?: (row: Row) => boolean;
}

interface Sorting {
  readonly key: string;
  readonly descending: boolean;
}

/** A table of any length: only the rows in sight are in the document. Wider than its place, it scrolls within it. */
export function DataTable<Row>({
  label,
  columns,
  rows,
  rowKey,
  rowHeight = 44,
  maxHeight = 560,
  isSelected,
}: DataTableProps<Row>) {
  const scroller = useRef<HTMLDivElement>(null);
  const [sorting, setSorting] = useState<Sorting>();
  const sorted = useMemo(() => sortedBy(rows, columns, sorting), [rows, columns, sorting]);
  const virtualizer = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    getItemKey: (index) => keyOf(sorted, index, rowKey),
  });
  const tracks = { gridTemplateColumns: columns.map(({ width }) => trackOf(width)).join(' ') };
  const minWidth = columns.reduce((sum, { width: [pixels] }) => sum + pixels, 0);

  return (
    <div
      ref={scroller}
      className="data-table"
      style={{ maxHeight }}
      tabIndex={0}
      role="region"
      aria-label={`${label}, scrollable`}
    >
      <div
        role="table"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        className="data-table-body"
        style={{ minWidth }}
      >
        <div role="rowgroup" className="data-table-head">
          <div role="row" aria-rowindex={1} className="data-table-row" style={tracks}>
            {columns.map((column) => (
              <HeadCell key={column.key} column={column} sorting={sorting} onSort={setSorting} />
            ))}
          </div>
        </div>
        <div role="rowgroup" className="data-table-rows" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index, key, start }) => {
            const row = sorted[index];
            return (
              row !== undefined && (
                <div
                  key={key}
                  role="row"
                  aria-rowindex={index + 2}
                  className="data-table-row data-table-item"
                  data-selected={isSelected?.(row) || undefined}
                  style={{ ...tracks, height: rowHeight, transform: `translateY(${start}px)` }}
                >
                  {columns.map((column) => (
                    <Cell key={column.key} column={column} row={row} />
                  ))}
                </div>
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** Text that is too long for its cell is whole on pointing at it. */
function Cell<Row>({ column, row }: { readonly column: Column<Row>; readonly row: Row }) {
  const content = column.render(row);
  const text = typeof content === 'string' ? content : undefined;
  return (
    <div role="cell" className="data-table-cell" data-align={column.align} title={text}>
      {content}
    </div>
  );
}

interface HeadCellProps<Row> {
  readonly column: Column<Row>;
  readonly sorting: Sorting | undefined;
  readonly onSort: (sorting: Sorting) => void;
}

function HeadCell<Row>({ column, sorting, onSort }: HeadCellProps<Row>) {
  const { key, title, align, sortBy } = column;
  if (!sortBy) {
    return (
      <div role="columnheader" className="data-table-cell" data-align={align}>
        {title}
      </div>
    );
  }
  const active = sorting?.key === key ? sorting : undefined;
  return (
    <div
      role="columnheader"
      className="data-table-cell"
      data-align={align}
      aria-sort={active ? (active.descending ? 'descending' : 'ascending') : 'none'}
    >
      <UnstyledButton
        className="data-table-sort"
        onClick={() => {
          onSort({ key, descending: active ? !active.descending : align === 'end' });
        }}
      >
        {title}
        <span aria-hidden>{active ? (active.descending ? ' ↓' : ' ↑') : ''}</span>
      </UnstyledButton>
    </div>
  );
}

function trackOf([pixels, share]: readonly [number, number]): string {
  return share === 0 ? `${pixels}px` : `minmax(${pixels}px, ${share}fr)`;
}

function keyOf<Row>(rows: readonly Row[], index: number, rowKey: (row: Row) => string): string | number {
  const row = rows[index];
  return row === undefined ? index : rowKey(row);
}

function sortedBy<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  sorting: Sorting | undefined,
): readonly Row[] {
  const sortBy = columns.find(({ key }) => key === sorting?.key)?.sortBy;
  if (!sortBy || !sorting) return rows;
  const direction = sorting.descending ? -1 : 1;
  // What to sort by is asked for once a row: thousands of rows are compared many times.
  return rows
    .map((row) => ({ row, by: sortBy(row) }))
    .sort((a, b) => direction * compared(a.by, b.by))
    .map(({ row }) => row);
}

function compared(a: number | bigint | string, b: number | bigint | string): number {
  if (typeof a === 'string' && typeof b === 'string') return a.localeCompare(b, 'en', { numeric: true });
  return a < b ? -1 : a > b ? 1 : 0;
}
