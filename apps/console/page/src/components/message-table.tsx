import { Anchor, Badge } from '@mantine/core';
import { Link } from 'wouter';
import type { Content, Message } from '../../../src/contract/topics.ts';
import { type Column, DataTable } from './data-table.tsx';
import { formatBytes, formatCount, formatMoment, UNKNOWN } from './format.ts';

interface MessageTableProps {
  readonly label: string;
  readonly topic: string;
  readonly messages: readonly Message[];
}

/** Messages in short: each leads to its own page. */
export function MessageTable({ label, topic, messages }: MessageTableProps) {
  const columns: readonly Column<Message>[] = [
    {
      key: 'offset',
      title: 'Partition / offset',
      width: 'minmax(150px, 1fr)',
      render: ({ partition, offset }) => (
        <Anchor
          component={Link}
          href={`/topics/${encodeURIComponent(topic)}/${partition}/${offset}`}
          size="sm"
          aria-label={`Partition ${partition}, offset ${offset}`}
        >
          {partition} / {formatCount(offset)}
        </Anchor>
      ),
    },
    {
      key: 'time',
      title: 'Time',
      width: 'minmax(195px, 1fr)',
      render: ({ timestamp }) => (timestamp < 0 ? UNKNOWN : formatMoment(timestamp)),
    },
    { key: 'key', title: 'Key', width: 'minmax(160px, 1.5fr)', render: ({ key }) => brief(key) },
    {
      key: 'format',
      title: 'Value is',
      width: 'minmax(100px, 0.6fr)',
      render: ({ value }) => (
        <Badge variant="default" tt="none" className="state-badge">
          {value.format}
        </Badge>
      ),
    },
    {
      key: 'bytes',
      title: 'Size',
      width: 'minmax(90px, 0.5fr)',
      align: 'end',
      render: ({ value }) => formatBytes(value.bytes),
    },
    { key: 'value', title: 'Value', width: 'minmax(240px, 3fr)', render: ({ value }) => brief(value) },
  ];
  return (
    <DataTable
      label={label}
      columns={columns}
      rows={messages}
      rowKey={({ partition, offset }) => `${partition}/${offset}`}
      rowHeight={38}
      maxHeight={640}
    />
  );
}

/** One line of a key or value. */
function brief({ format, text }: Content): string {
  return format === 'null' ? 'null' : text.slice(0, 300).replace(/\s+/g, ' ');
}
