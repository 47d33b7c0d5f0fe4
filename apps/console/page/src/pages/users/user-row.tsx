import { Anchor, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { User, UserField } from '../../../../src/contract/users.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Facts } from '../../components/facts.tsx';
import { formatCount, formatMoment, formatWriteMoment, formatWriteTime } from '../../components/format.ts';

const columns: readonly Column<UserField>[] = [
  { key: 'name', title: 'Column', width: [150, 1], render: ({ name }) => name },
  {
    key: 'value',
    title: 'Value',
    width: [220, 3],
    render: ({ value, masked }) =>
      value === null ? (
        <Text size="sm" c="dimmed">
          null
        </Text>
      ) : (
        <span
          title={masked ? 'masked' : value}
          aria-label={masked ? 'masked' : undefined}
          role={masked ? 'img' : undefined}
        >
          {value}
        </span>
      ),
  },
  { key: 'type', title: 'Type', width: [100, 0.7], render: ({ type }) => type },
  {
    key: 'writeTime',
    title: 'Written',
    width: [215, 1],
    render: ({ writeTime }) => <span title={writeTime ?? undefined}>{formatWriteMoment(writeTime)}</span>,
  },
];

/** A row with the write time of each cell and the record that it was made of. */
export function UserRow({ user: { fields, writeTime, source } }: { readonly user: User }) {
  return (
    <Stack gap="md">
      <Facts
        facts={[
          ['Write time', formatWriteTime(writeTime)],
          ['Record', <Source key="source" source={source} />],
          ['Time of the record', formatMoment(source?.eventTime)],
        ]}
      />
      <DataTable
        label="Columns of the row"
        columns={columns}
        rows={fields}
        rowKey={({ name }) => name}
        rowHeight={36}
        maxHeight={480}
      />
    </Stack>
  );
}

function Source({ source }: Pick<User, 'source'>) {
  if (!source) return 'the row does not tell';
  const { topic, partition, offset, available } = source;
  const text = `${topic} ${partition} / ${formatCount(offset)}`;
  if (!available) return `${text}, no longer in the topic`;
  return (
    <Anchor component={Link} href={`/topics/${encodeURIComponent(topic)}/${partition}/${offset}`} size="sm">
      {text}
    </Anchor>
  );
}
