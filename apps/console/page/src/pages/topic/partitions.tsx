import type { TopicPartition } from '../../../../src/contract/topics.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { formatBytes, formatCount, formatRate } from '../../components/format.ts';
import { exactColumn, figureColumn } from '../../components/number-columns.ts';

const columns: readonly Column<TopicPartition>[] = [
  {
    key: 'partition',
    title: 'Partition',
    width: [90, 1],
    sortBy: ({ partition }) => partition,
    render: ({ partition }) => formatCount(partition),
  },
  figureColumn({
    key: 'leader',
    title: 'Leader',
    width: [90, 1],
    value: ({ leader }) => leader,
    format: (leader) => (leader === null ? 'none' : String(leader)),
  }),
  {
    key: 'replicas',
    title: 'Replicas',
    width: [110, 1],
    render: ({ replicas }) => replicas.join(', '),
  },
  {
    key: 'inSync',
    title: 'In sync',
    width: [110, 1],
    render: ({ inSync }) => inSync.join(', ') || 'none',
  },
  exactColumn({
    key: 'begin',
    title: 'Begins at',
    width: [110, 1],
    value: ({ begin }) => begin,
    format: formatCount,
  }),
  exactColumn({
    key: 'end',
    title: 'Ends at',
    width: [110, 1],
    value: ({ end }) => end,
    format: formatCount,
  }),
  exactColumn({
    key: 'records',
    title: 'Records',
    width: [110, 1],
    value: readable,
    format: formatCount,
  }),
  figureColumn({
    key: 'held',
    title: 'Held',
    width: [90, 1],
    value: ({ held }) => held,
    format: formatCount,
  }),
  figureColumn({
    key: 'bytes',
    title: 'Size',
    width: [100, 1],
    value: ({ bytes }) => bytes,
    format: formatBytes,
  }),
  figureColumn({
    key: 'rate',
    title: 'Comes in',
    width: [100, 1],
    value: ({ recordsPerSecond }) => recordsPerSecond,
    format: formatRate,
  }),
];

function readable({ begin, end }: TopicPartition): string | null {
  return begin === null || end === null ? null : String(BigInt(end) - BigInt(begin));
}

export function Partitions({ partitions }: { readonly partitions: readonly TopicPartition[] }) {
  return (
    <DataTable
      label="Partitions"
      columns={columns}
      rows={partitions}
      rowKey={({ partition }) => String(partition)}
      rowHeight={38}
    />
  );
}
