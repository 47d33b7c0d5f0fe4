import { Badge, Text } from '@mantine/core';
import type { Change } from '../../../src/contract/audits.ts';
import { useChanges } from '../api/queries.ts';
import { type Column, DataTable } from '../components/data-table.tsx';
import { formatMoment } from '../components/format.ts';
import { MoreButton } from '../components/more-button.tsx';
import { Page } from '../components/page.tsx';
import { EmptyState, Loaded } from '../components/states.tsx';

export default function ChangesPage() {
  const query = useChanges();
  return (
    <Page
      title="Changes"
      description="What was changed and revealed through this console: by whom, when and from where. It holds no personal data."
    >
      <Loaded what="changes" query={query}>
        {({ pages }) => {
          const changes = pages.flatMap((page) => page.changes);
          const file = pages[0]?.file ?? null;
          return (
            <>
              {file !== null && (
                <Text size="sm" c="dimmed" className="wrap-anywhere">
                  Its newest entries are in {file}, older ones in the files beside it
                </Text>
              )}
              {changes.length === 0 ? (
                <EmptyState title="Nothing was changed yet">
                  Resets, redrives, audits and reveals are written here.
                </EmptyState>
              ) : (
                <DataTable
                  label="Changes"
                  columns={columns}
                  rows={changes.map((change, index) => ({ ...change, number: changes.length - index }))}
                  rowKey={({ number }) => String(number)}
                  maxHeight={640}
                />
              )}
              <MoreButton pages={query} />
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

type NumberedChange = Change & { readonly number: number };

/** All others are refusals and failures. */
const outcomes: Readonly<Record<string, string>> = { begun: 'gray', done: 'teal' };

const columns: readonly Column<NumberedChange>[] = [
  {
    key: 'at',
    title: 'When',
    width: [205, 1],
    sortBy: ({ at }) => at,
    render: ({ at }) => formatMoment(at),
  },
  {
    key: 'what',
    title: 'What',
    width: [230, 1],
    sortBy: ({ what }) => what,
    render: ({ what }) => what,
  },
  {
    key: 'outcome',
    title: 'Outcome',
    width: [120, 1],
    render: ({ outcome }) => (
      <Badge
        color={outcomes[outcome] ?? 'orange'}
        variant="light"
        tt="none"
        className="state-badge"
        title={outcome}
      >
        {outcome}
      </Badge>
    ),
  },
  {
    key: 'who',
    title: 'Who',
    width: [110, 1],
    sortBy: ({ who }) => who,
    // Whoever signed in by a token without a name is called as its role.
    render: ({ who, role }) => (who === role ? who : `${who} (${role})`),
  },
  { key: 'from', title: 'From', width: [100, 1], render: ({ from }) => from },
  {
    key: 'details',
    title: 'Details',
    width: [190, 3],
    render: ({ details }) =>
      Object.entries(details)
        .filter(([, value]) => value !== null)
        .map(([name, value]) => `${name} ${String(value)}`)
        .join(', '),
  },
];
