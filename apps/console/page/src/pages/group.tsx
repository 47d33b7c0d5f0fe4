import { Anchor, SimpleGrid } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import type { GroupDetails, GroupPartition } from '../../../src/contract/groups.ts';
import { begun, useFigures } from '../api/figures.ts';
import { useGroup, useHistory } from '../api/queries.ts';
import { useSession } from '../api/session.ts';
import { type Column, DataTable } from '../components/data-table.tsx';
import { Figure, Figures } from '../components/figure.tsx';
import {
  durationSteps,
  formatCompact,
  formatCount,
  formatDuration,
  formatRate,
  UNKNOWN,
} from '../components/format.ts';
import { OperatorButton } from '../components/operator-button.tsx';
import { Page } from '../components/page.tsx';
import { Section } from '../components/section.tsx';
import { EmptyState, Loaded } from '../components/states.tsx';
import { TimeChart } from '../components/time-chart.tsx';
import { ResetOffsets } from './group/reset-offsets.tsx';
import { exactColumn, figureColumn } from '../components/number-columns.ts';
import { Sentence } from '../components/sentence.tsx';

export default function GroupPage({ group }: { readonly group: string }) {
  const query = useGroup(group);
  const { pipeline } = useSession();
  const [resetting, setResetting] = useState(false);
  const topics = query.data?.summary.topics ?? [];
  return (
    <Page
      title={group}
      parents={[{ title: 'Groups', href: '/groups' }]}
      actions={
        <OperatorButton
          variant="default"
          blocked={topics.length === 0 ? 'The group has no offsets that could be reset.' : undefined}
          onClick={() => {
            setResetting(true);
          }}
        >
          Reset offsets
        </OperatorButton>
      }
    >
      <Loaded what="group" query={query}>
        {(details) => (
          <>
            <Sums details={details} />
            {group === pipeline.group && <LagOverTime />}
            <Section title="Lag by partition">
              {details.partitions.length === 0 ? (
                <EmptyState title="The group has no partitions">
                  It has committed nothing, and no member has joined.
                </EmptyState>
              ) : (
                <DataTable
                  label="Lag by partition"
                  columns={columns}
                  rows={details.partitions}
                  rowKey={({ topic, partition }) => `${topic}/${partition}`}
                  rowHeight={38}
                />
              )}
            </Section>
            <Members details={details} />
            <ResetOffsets
              opened={resetting}
              group={group}
              topics={details.summary.topics}
              onClose={() => {
                setResetting(false);
                void query.refetch();
              }}
            />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Sums({ details }: { readonly details: GroupDetails }) {
  const { summary, timeLagMs, recordsPerSecond, catchUpSeconds } = details;
  return (
    <Figures label="The group in figures">
      <Figure label="State" value={summary.state} />
      <Figure label="Members" value={formatCount(summary.members)} />
      <Figure label="Lag" value={formatCount(summary.lag)} />
      <Figure label="Held" value={formatCount(summary.held)} note="by open transactions" />
      <Figure label="Behind by" value={formatDuration(timeLagMs)} note="age of the next record" />
      <Figure label="Reads" value={formatRate(recordsPerSecond)} />
      <Figure
        label="Caught up in"
        value={catchUpSeconds === null ? UNKNOWN : formatDuration(catchUpSeconds * 1_000)}
        note={catchUpSeconds === null ? 'the lag does not shrink' : 'at the present rates'}
      />
    </Figures>
  );
}

const tones = ['flow', 'warm', 'calm', 'bad'] as const;
/** More lines than this tell nothing; the table below has every partition. */
const LINES = 4;

function LagOverTime() {
  const { history, figures } = useFigures('15m', ['lag', 'timeLag']);
  const partitions = useHistory('15m', 'partitionLag');
  const byPartition = partitions.data && begun(partitions.data);
  const lines = Object.entries(byPartition?.values ?? {})
    .toSorted(([, a], [, b]) => largest(b) - largest(a))
    .slice(0, LINES);
  return (
    <Section title="Over the last 15 minutes">
      <Loaded what="history" query={history}>
        {() =>
          figures && (
            <SimpleGrid cols={{ base: 1, xl: byPartition && lines.length > 0 ? 3 : 2 }} spacing="xl">
              <TimeChart
                label="Lag"
                times={figures.times}
                format={formatCompact}
                height={160}
                series={[{ name: 'records', color: 'warm', values: figures.values['lag'] ?? [] }]}
              />
              {byPartition && lines.length > 0 && (
                <TimeChart
                  label="Lag by partition, the largest"
                  times={byPartition.times}
                  format={formatCompact}
                  height={160}
                  series={lines.map(([name, values], index) => ({
                    name: name.replace('lag/', 'partition '),
                    color: tones[index % tones.length] ?? 'flow',
                    values,
                  }))}
                />
              )}
              <TimeChart
                label="Behind by"
                times={figures.times}
                format={formatDuration}
                steps={durationSteps}
                height={160}
                series={[
                  { name: 'age of the next record', color: 'calm', values: figures.values['timeLag'] ?? [] },
                ]}
              />
            </SimpleGrid>
          )
        }
      </Loaded>
    </Section>
  );
}

function largest(values: readonly (number | null)[]): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
}

const columns: readonly Column<GroupPartition>[] = [
  {
    key: 'partition',
    title: 'Topic / partition',
    width: [180, 2],
    sortBy: ({ topic, partition }) => `${topic}/${partition}`,
    render: ({ topic, partition }) => (
      <Anchor component={Link} href={`/topics/${encodeURIComponent(topic)}`} size="sm">
        {topic} / {partition}
      </Anchor>
    ),
  },
  exactColumn({
    key: 'committed',
    title: 'Committed',
    width: [116, 1],
    value: ({ committed }) => committed,
    format: (committed) => (committed === null ? 'never' : formatCount(committed)),
  }),
  exactColumn({
    key: 'end',
    title: 'Ends at',
    width: [110, 1],
    value: ({ end }) => end,
    format: formatCount,
  }),
  figureColumn({
    key: 'lag',
    title: 'Lag',
    width: [90, 1],
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
  figureColumn({
    key: 'timeLag',
    title: 'Behind by',
    width: [110, 1],
    value: ({ timeLagMs }) => timeLagMs,
    format: formatDuration,
  }),
  figureColumn({
    key: 'rate',
    title: 'Reads',
    width: [90, 1],
    value: ({ recordsPerSecond }) => recordsPerSecond,
    format: formatRate,
  }),
  {
    key: 'member',
    title: 'Member',
    width: [180, 2],
    render: ({ member }) => member ?? 'none',
  },
];

type Member = GroupDetails['members'][number];

const memberColumns: readonly Column<Member>[] = [
  { key: 'client', title: 'Client', width: [200, 2], render: ({ client }) => client },
  { key: 'host', title: 'From', width: [130, 1], render: ({ host }) => host },
  {
    key: 'partitions',
    title: 'Partitions',
    width: [200, 2],
    render: ({ partitions }) => {
      const text = partitions.map(({ topic, partition }) => `${topic}/${partition}`).join(', ');
      return text || 'none yet';
    },
  },
];

function Members({ details: { members } }: { readonly details: GroupDetails }) {
  return (
    <Section title="Members">
      {members.length === 0 ? (
        <EmptyState title="No member is running">
          <Sentence text="Start the writers with `npx nx run stream-writer:serve`." />
        </EmptyState>
      ) : (
        <DataTable
          label="Members"
          columns={memberColumns}
          rows={members}
          rowKey={({ id }) => id}
          rowHeight={38}
        />
      )}
    </Section>
  );
}
