import { Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { User } from '../../../../src/contract/users.ts';
import { call } from '../../api/http.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { formatCount, formatMoment, formatWriteMoment, plural, UNKNOWN } from '../../components/format.ts';
import { Section } from '../../components/section.tsx';
import { EmptyState, Loaded } from '../../components/states.tsx';
import { Sentence } from '../../components/sentence.tsx';
import { MoreButton } from '../../components/more-button.tsx';

/** Rows page by page, in the order of the ring, which is no order for people. */
export function UserTable({ onChoose }: { readonly onChoose: (uuid: string) => void }) {
  const pages = useInfiniteQuery({
    queryKey: ['users'],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      call(
        'POST /api/users/page',
        { body: { limit: 50, ...(pageParam === '' ? {} : { cursor: pageParam }) } },
        signal,
      ),
    getNextPageParam: ({ next }) => next,
    staleTime: Infinity,
    gcTime: 0,
  });
  return (
    <Section
      title="All rows"
      description="In the order of Cassandra’s ring."
      actions={
        <Button variant="default" size="xs" loading={pages.isRefetching} onClick={() => void pages.refetch()}>
          Read again
        </Button>
      }
    >
      <Loaded what="rows" query={pages}>
        {(data) => {
          const users = data.pages.flatMap((page) => page.users);
          if (users.length === 0)
            return (
              <EmptyState title="The table has no rows">
                <Sentence text="Start the producer and the writers: `npm start` runs both." />
              </EmptyState>
            );
          return (
            <Stack gap="md">
              <DataTable
                label="Users"
                columns={columnsOf(onChoose)}
                rows={users}
                rowKey={({ uuid }) => uuid}
                rowHeight={38}
              />
              <Group>
                <MoreButton pages={pages} />
                <Text size="sm" c="dimmed" role="status">
                  {plural(users.length, 'row')} {pages.hasNextPage ? 'so far' : 'in all'}
                </Text>
              </Group>
            </Stack>
          );
        }}
      </Loaded>
    </Section>
  );
}

function columnsOf(onChoose: (uuid: string) => void): readonly Column<User>[] {
  return [
    {
      key: 'uuid',
      title: 'uuid',
      width: [330, 2],
      render: ({ uuid }) => (
        <Anchor
          component="button"
          type="button"
          size="sm"
          onClick={() => {
            onChoose(uuid);
            window.scrollTo(0, 0);
          }}
        >
          {uuid}
        </Anchor>
      ),
    },
    {
      key: 'event-time',
      title: 'Time of the record',
      width: [205, 1],
      render: ({ source }) => formatMoment(source?.eventTime),
    },
    {
      key: 'written',
      title: 'Written',
      width: [205, 1],
      render: ({ writeTime }) => formatWriteMoment(writeTime),
    },
    {
      key: 'source',
      title: 'Record',
      width: [110, 1],
      render: ({ source }) =>
        source ? (
          <Anchor
            component={Link}
            href={`/topics/${encodeURIComponent(source.topic)}/${source.partition}/${source.offset}`}
            size="sm"
          >
            {source.partition} / {formatCount(source.offset)}
          </Anchor>
        ) : (
          UNKNOWN
        ),
    },
  ];
}
