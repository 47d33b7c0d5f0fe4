import { Anchor, NumberInput, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { Task } from '../../../src/contract/tasks.ts';
import { call } from '../api/http.ts';
import { useTasks } from '../api/queries.ts';
import { ConfirmChange } from '../components/confirm-change.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import { formatCount, formatMoment } from '../components/format.ts';
import { OperatorButton } from '../components/operator-button.tsx';
import { Page } from '../components/page.tsx';
import { Section } from '../components/section.tsx';
import { EmptyState, Loaded } from '../components/states.tsx';
import { TaskState } from '../components/task-progress.tsx';
import { figureColumn } from '../components/number-columns.ts';

export default function AuditPage() {
  const client = useQueryClient();
  const tasks = useTasks('audit');
  const [, navigate] = useLocation();
  const [asking, setAsking] = useState(false);
  const [share, setShare] = useState<number | string>(100);
  const running = tasks.data?.tasks.some(({ state }) => state === 'running') ?? false;
  const start = async () => {
    // An emptied field is all of them, as it was at first.
    const sample = (Number(share) || 100) / 100;
    const task = await call('POST /api/audits', {
      body: { ...(sample < 1 ? { sample } : {}), confirm: true },
    });
    client.setQueryData(['task', task.id], task);
    await client.invalidateQueries({ queryKey: ['tasks'] });
    navigate(`/audit/${task.id}`);
  };
  return (
    <Page
      title="Audit"
      description="Compares the table with the topic, row by row, and tells whether a record was lost or a row is wrong. It changes neither."
      actions={
        <OperatorButton
          blocked={running ? 'An audit runs already.' : undefined}
          onClick={() => {
            setAsking(true);
          }}
        >
          Start an audit
        </OperatorButton>
      }
    >
      <Section title="Audits">
        <Loaded what="audits" query={tasks}>
          {({ tasks: list }) =>
            list.length === 0 ? (
              <EmptyState title="No audit has run yet">
                Start one: it reads the topic from its beginning and the rows beside it.
              </EmptyState>
            ) : (
              <DataTable label="Audits" columns={columns} rows={list} rowKey={({ id }) => id} />
            )
          }
        </Loaded>
      </Section>
      <ConfirmChange
        opened={asking}
        title="Start an audit?"
        action="Start"
        onConfirm={start}
        onClose={() => {
          setAsking(false);
        }}
      >
        <Stack gap="sm">
          <Text size="sm">
            It reads the whole topic and the table; brokers and nodes will be busier meanwhile.
          </Text>
          <NumberInput
            label="Share of the keys"
            description="All of them prove most; a share is faster."
            suffix=" %"
            min={1}
            max={100}
            value={share}
            onChange={setShare}
          />
        </Stack>
      </ConfirmChange>
    </Page>
  );
}

const columns: readonly Column<Task>[] = [
  {
    key: 'started',
    title: 'Started',
    width: [220, 1],
    sortBy: ({ startedAt }) => startedAt,
    render: ({ id, startedAt }) => (
      <Anchor component={Link} href={`/audit/${id}`} size="sm">
        {formatMoment(startedAt)}
      </Anchor>
    ),
  },
  {
    key: 'state',
    title: 'State',
    width: [100, 0.6],
    render: ({ state }) => <TaskState state={state} />,
  },
  { key: 'result', title: 'Result', width: [240, 1], render: resultOf },
  figureColumn({
    key: 'records',
    title: 'Records',
    width: [100, 0.6],
    value: ({ audit }) => audit?.records ?? null,
    format: formatCount,
  }),
  figureColumn({
    key: 'rows',
    title: 'Rows',
    width: [100, 0.6],
    value: ({ audit }) => audit?.rows ?? null,
    format: formatCount,
  }),
  { key: 'by', title: 'By', width: [110, 0.6], render: ({ by }) => by },
  {
    key: 'title',
    title: 'What',
    width: [130, 1],
    render: ({ title }) => title,
  },
];

function resultOf({ audit }: Task): string {
  if (!audit) return '';
  return audit.ok ? 'nothing lost, nothing wrong' : 'damage found';
}
