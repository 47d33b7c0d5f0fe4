import { Anchor, Badge, Group, Switch, Text, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useDeferredValue, useMemo } from 'react';
import { Link } from 'wouter';
import type { TopicList, TopicSummary } from '../../../src/contract/topics.ts';
import { useTopics } from '../api/queries.ts';
import { type Column, DataTable } from '../components/data-table.tsx';
import { formatBytes, formatCount, formatRate, plural } from '../components/format.ts';
import { Page } from '../components/page.tsx';
import { EmptyState, Loaded } from '../components/states.tsx';
import { useParameter } from '../components/use-parameter.ts';
import { figureColumn } from '../components/number-columns.ts';
import { Sentence } from '../components/sentence.tsx';

export default function TopicsPage() {
  const topics = useTopics();
  return (
    <Page title="Topics" description="What the brokers hold, and how it grows.">
      <Loaded what="topics" query={topics}>
        {(list) => <Topics list={list} />}
      </Loaded>
    </Page>
  );
}

const roles = { records: 'records', 'dead-letters': 'dead letters' } as const;

const columns: readonly Column<TopicSummary>[] = [
  {
    key: 'topic',
    title: 'Topic',
    width: [220, 3],
    sortBy: ({ topic }) => topic,
    render: ({ topic, role }) => (
      <Group gap="xs" wrap="nowrap">
        <Anchor
          component={Link}
          href={`/topics/${encodeURIComponent(topic)}`}
          size="sm"
          truncate
          title={topic}
        >
          {topic}
        </Anchor>
        {role && (
          <Badge variant="light" tt="none" size="sm" className="state-badge">
            {roles[role]}
          </Badge>
        )}
      </Group>
    ),
  },
  figureColumn({
    key: 'partitions',
    title: 'Partitions',
    width: [104, 1],
    value: ({ partitions }) => partitions,
    format: formatCount,
  }),
  figureColumn({
    key: 'replication',
    title: 'Replicas',
    width: [96, 1],
    value: ({ replication }) => replication,
    format: formatCount,
  }),
  figureColumn({
    key: 'records',
    title: 'Records',
    width: [110, 1],
    value: ({ records }) => records,
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
  {
    key: 'health',
    title: 'Replication',
    width: [150, 1],
    sortBy: ({ offline, underReplicated }) => offline * 1_000_000 + underReplicated,
    render: ({ offline, underReplicated }) => <Replication offline={offline} behind={underReplicated} />,
  },
];

function Replication({ offline, behind }: { readonly offline: number; readonly behind: number }) {
  if (offline > 0) return <Text size="sm">{formatCount(offline)} without a leader</Text>;
  if (behind > 0) return <Text size="sm">{formatCount(behind)} not in sync</Text>;
  return (
    <Text size="sm" c="dimmed">
      in sync
    </Text>
  );
}

function Topics({ list }: { readonly list: TopicList }) {
  const [search, setSearch] = useParameter('q');
  const [internal, setInternal] = useParameter('internal');
  // The field follows each key at once, a long list when there is time.
  const wanted = useDeferredValue(search.trim().toLowerCase());
  const rows = useMemo(
    () =>
      list.topics.filter(
        (topic) => (internal !== '' || !topic.internal) && topic.topic.toLowerCase().includes(wanted),
      ),
    [list, wanted, internal],
  );
  return (
    <>
      <Group gap="md">
        <TextInput
          aria-label="Search topics"
          placeholder="Search topics"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={search}
          onChange={(event) => {
            setSearch(event.currentTarget.value);
          }}
        />
        <Switch
          label="Kafka’s own topics"
          checked={internal !== ''}
          onChange={(event) => {
            setInternal(event.currentTarget.checked ? 'shown' : '');
          }}
        />
        <Text size="sm" c="dimmed" role="status">
          {plural(rows.length, 'topic')}
        </Text>
      </Group>
      {rows.length === 0 ? (
        <EmptyState
          title={list.topics.length === 0 ? 'There are no topics' : 'No topic has this in its name'}
        >
          <Sentence
            text={
              list.topics.length === 0
                ? 'Create the pipeline’s topics with `npx nx run stream-writer:migrate`.'
                : 'Search for another part of its name, or show Kafka’s own topics.'
            }
          />
        </EmptyState>
      ) : (
        <DataTable
          label="Topics"
          columns={columns}
          rows={rows}
          rowKey={({ topic }) => topic}
          maxHeight={640}
        />
      )}
    </>
  );
}
