import type { TopicPartition } from '../../../../src/contract/topics.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { formatBytes, formatCount, formatRate, UNKNOWN } from '../../components/format.ts';

const columns: readonly Column<TopicPartition>[] = [
  {
    key: 'partition',
    title: 'Partition',
    width: [90, 1],
    sortBy: ({ partition }) => partition,
    render: ({ partition }) => formatCount(partition),
  },
  {
    key: 'leader',
    title: 'Leader',
    width: [80, 1],
    align: 'end',
    sortBy: ({ leader }) => leader ?? -1,
    render: ({ leader }) => leader ?? 'none',
  },
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
  {
    key: 'begin',
    title: 'Begins at',
    width: [110, 1],
    align: 'end',
    sortBy: ({ begin }) => BigInt(begin ?? -1),
    render: ({ begin }) => formatCount(begin),
  },
  {
    key: 'end',
    title: 'Ends at',
    width: [110, 1],
    align: 'end',
    sortBy: ({ end }) => BigInt(end ?? -1),
    render: ({ end }) => formatCount(end),
  },
  {
    key: 'records',
    title: 'Offsets held',
    width: [110, 1],
    align: 'end',
    sortBy: held,
    render: (partition) => (partition.end === null ? UNKNOWN : formatCount(held(partition))),
  },
  {
    key: 'bytes',
    title: 'Size',
    width: [100, 1],
    align: 'end',
    sortBy: ({ bytes }) => bytes ?? -1,
    render: ({ bytes }) => formatBytes(bytes),
  },
  {
    key: 'rate',
    title: 'Comes in',
    width: [100, 1],
    align: 'end',
    sortBy: ({ recordsPerSecond }) => recordsPerSecond ?? -1,
    render: ({ recordsPerSecond }) => formatRate(recordsPerSecond),
  },
];

function held({ begin, end }: TopicPartition): bigint {
  return BigInt(end ?? 0) - BigInt(begin ?? 0);
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
