import { Badge, Switch, Text } from '@mantine/core';
import { useState } from 'react';
import type { TopicSetting } from '../../../../src/contract/topics.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/states.tsx';
import { formatBytes, formatDuration } from '../../components/format.ts';

const columns: readonly Column<TopicSetting>[] = [
  {
    key: 'name',
    title: 'Setting',
    width: [240, 2],
    sortBy: ({ name }) => name,
    render: ({ name }) => name,
  },
  {
    key: 'value',
    title: 'Value',
    width: [200, 2],
    render: ({ name, value }) =>
      value === null ? (
        <Text size="sm">kept secret by the brokers</Text>
      ) : (
        <span title={value}>
          {value || '(empty)'}
          {inUnits(name, value)}
        </span>
      ),
  },
  {
    key: 'own',
    title: 'Set where',
    width: [130, 1],
    sortBy: ({ own }) => (own ? 0 : 1),
    render: ({ own }) =>
      own ? (
        <Badge variant="light" tt="none">
          for this topic
        </Badge>
      ) : (
        'default'
      ),
  },
];

/** Of times and sizes what they are in larger units: " (7 d)". */
function inUnits(name: string, value: string): string {
  const number = Number(value);
  if (!(number >= 1_024) || !Number.isSafeInteger(number)) return '';
  if (name.endsWith('.ms')) return ` (${formatDuration(number)})`;
  return name.endsWith('.bytes') ? ` (${formatBytes(number)})` : '';
}

export function Settings({ settings }: { readonly settings: readonly TopicSetting[] }) {
  const [ownOnly, setOwnOnly] = useState(false);
  const rows = ownOnly ? settings.filter(({ own }) => own) : settings;
  return (
    <>
      <Switch
        mb="sm"
        label="Only what was set for this topic"
        checked={ownOnly}
        onChange={(event) => {
          setOwnOnly(event.currentTarget.checked);
        }}
      />
      {rows.length === 0 ? (
        <EmptyState title="Nothing was set for this topic">It goes by the brokers’ defaults.</EmptyState>
      ) : (
        <DataTable
          label="Configuration"
          columns={columns}
          rows={rows}
          rowKey={({ name }) => name}
          rowHeight={38}
        />
      )}
    </>
  );
}
