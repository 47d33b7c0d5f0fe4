import { Anchor, Badge } from '@mantine/core';
import { Link } from 'wouter';
import type { Content, Message } from '../../../src/contract/topics.ts';
import { type Column, DataTable } from './data-table.tsx';
import { formatBytes, formatCount, formatMoment, UNKNOWN } from './format.ts';
import { figureColumn } from './number-columns.ts';

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
      width: [150, 1],
      render: ({ partition, offset }) => (
        <Anchor
          component={Link}
          href={`/topics/${encodeURIComponent(topic)}/${partition}/${offset}`}
          size="sm"
        >
          {partition} / {formatCount(offset)}
        </Anchor>
      ),
    },
    {
      key: 'time',
      title: 'Time',
      width: [215, 1],
      render: ({ timestamp }) => (timestamp < 0 ? UNKNOWN : formatMoment(timestamp)),
    },
    { key: 'key', title: 'Key', width: [160, 1.5], render: ({ key }) => brief(key) },
    {
      key: 'format',
      title: 'Value is',
      width: [100, 0.6],
      render: ({ value }) => (
        <Badge variant="default" tt="none" className="state-badge">
          {value.format}
        </Badge>
      ),
    },
    figureColumn({
      key: 'bytes',
      title: 'Size',
      width: [90, 0.5],
      value: ({ value }) => value.bytes,
      format: formatBytes,
    }),
    { key: 'value', title: 'Value', width: [240, 3], render: ({ value }) => brief(value) },
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
function brief({ format, text, bytes, undecodable }: Content): string {
  if (bytes === null) return undecodable ?? UNKNOWN;
  return format === 'null' ? 'null' : text.slice(0, 300).replace(/\s+/g, ' ');
}
