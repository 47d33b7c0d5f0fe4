import { Anchor, Badge, Group, Switch } from '@mantine/core';
import { Link } from 'wouter';
import type { GroupList, GroupSummary } from '../../../src/contract/groups.ts';
import { useGroups } from '../api/queries.ts';
import { type Column, DataTable } from '../components/data-table.tsx';
import { formatCount } from '../components/format.ts';
import { Page } from '../components/page.tsx';
import { EmptyState, Loaded } from '../components/states.tsx';
import { useParameter } from '../components/use-parameter.ts';
import { figureColumn } from '../components/number-columns.ts';
import { Sentence } from '../components/sentence.tsx';

export default function GroupsPage() {
  const groups = useGroups();
  return (
    <Page title="Groups" description="Who reads the topics, and how far each has come.">
      <Loaded what="groups" query={groups}>
        {(list) => <Groups list={list} />}
      </Loaded>
    </Page>
  );
}

const columns: readonly Column<GroupSummary>[] = [
  {
    key: 'group',
    title: 'Group',
    width: [240, 3],
    sortBy: ({ group }) => group,
    render: ({ group, role }) => (
      <Group gap="xs" wrap="nowrap">
        <Anchor
          component={Link}
          href={`/groups/${encodeURIComponent(group)}`}
          size="sm"
          truncate
          title={group}
        >
          {group}
        </Anchor>
        {role && (
          <Badge variant="light" tt="none" size="sm" className="state-badge">
            {role === 'writer' ? 'writers' : 'redrive progress'}
          </Badge>
        )}
      </Group>
    ),
  },
  {
    key: 'state',
    title: 'State',
    width: [130, 1],
    sortBy: ({ state }) => state,
    render: ({ state }) => state,
  },
  figureColumn({
    key: 'members',
    title: 'Members',
    width: [90, 1],
    value: ({ members }) => members,
    format: formatCount,
  }),
  figureColumn({
    key: 'lag',
    title: 'Lag',
    width: [110, 1],
    value: ({ lag }) => lag,
    format: formatCount,
  }),
  figureColumn({
    key: 'held',
    title: 'Held',
    width: [90, 1],
    value: ({ held }) => held,
    format: formatCount,
  }),
  {
    key: 'topics',
    title: 'Topics',
    width: [200, 2],
    render: ({ topics }) => topics.join(', ') || 'none',
  },
];

function Groups({ list }: { readonly list: GroupList }) {
  const [progress, setProgress] = useParameter('progress');
  const rows = list.groups.filter(({ role }) => progress !== '' || role !== 'redrive-progress');
  return (
    <>
      <Switch
        label="Groups that keep the progress of redrives"
        checked={progress !== ''}
        onChange={(event) => {
          setProgress(event.currentTarget.checked ? 'shown' : '');
        }}
      />
      {rows.length === 0 ? (
        <EmptyState title="No group reads a topic">
          <Sentence text="Start the writers with `npx nx run stream-writer:serve`; their group is here as soon as they have joined." />
        </EmptyState>
      ) : (
        <DataTable label="Groups" columns={columns} rows={rows} rowKey={({ group }) => group} />
      )}
    </>
  );
}
