import { Alert, Anchor, Badge, Group, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Dag, DagRun, Jobs } from '../../../src/contract/jobs.ts';
import { call } from '../api/http.ts';
import { useJobs } from '../api/queries.ts';
import { ConfirmChange } from '../components/confirm-change.tsx';
import { type Column, DataTable } from '../components/data-table.tsx';
import { Facts } from '../components/facts.tsx';
import { formatCompact, formatDuration, formatMoment, UNKNOWN } from '../components/format.ts';
import { OperatorButton } from '../components/operator-button.tsx';
import { Page } from '../components/page.tsx';
import { ProblemAlert } from '../components/problem-alert.tsx';
import { Section } from '../components/section.tsx';
import { EmptyState, Loaded } from '../components/states.tsx';
import { Sentence } from '../components/sentence.tsx';

export default function JobsPage() {
  const query = useJobs();
  return (
    <Page
      title="Jobs"
      description="Runs of Airflow, and the Spark job where it writes instead of the stream-writer."
    >
      <Loaded what="jobs" query={query}>
        {({ airflow, spark }) => (
          <>
            <Airflow airflow={airflow} />
            <Spark spark={spark} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Airflow({ airflow: { configured, url, problem, dags } }: { readonly airflow: Jobs['airflow'] }) {
  return (
    <Section
      title="Airflow"
      actions={
        url !== null && (
          <Anchor href={url} target="_blank" rel="noreferrer" size="sm">
            Airflow’s own page
          </Anchor>
        )
      }
    >
      {!configured && (
        <EmptyState title="Airflow is not configured">
          <Sentence text="Start one beside the pipeline with `npm start -- --with airflow`; the console’s README tells its settings." />
        </EmptyState>
      )}
      {problem && <ProblemAlert what="Airflow does not answer" problem={problem} />}
      {configured && !problem && dags.length === 0 && (
        <EmptyState title="Airflow has no DAGs">
          See that its dags folder is the one of this project.
        </EmptyState>
      )}
      <Stack gap="xl">
        {dags.map((dag) => (
          <DagRuns key={dag.dag} dag={dag} />
        ))}
      </Stack>
    </Section>
  );
}

const colors: Readonly<Record<string, string>> = { success: 'teal', failed: 'red', running: 'blue' };

const columns: readonly Column<DagRun>[] = [
  {
    key: 'run',
    title: 'Run',
    width: [240, 2],
    render: ({ run }) => run,
  },
  {
    key: 'state',
    title: 'State',
    width: [100, 1],
    render: ({ state }) => (
      <Badge color={colors[state] ?? 'gray'} variant="light" tt="none" className="state-badge">
        {state}
      </Badge>
    ),
  },
  { key: 'type', title: 'Started by', width: [100, 1], render: ({ type }) => type },
  {
    key: 'started',
    title: 'Started',
    width: [215, 1],
    render: ({ startedAt }) => formatMoment(startedAt),
  },
  {
    key: 'took',
    title: 'Took',
    width: [100, 1],
    align: 'end',
    render: ({ startedAt, endedAt }) =>
      startedAt === null || endedAt === null ? UNKNOWN : formatDuration(endedAt - startedAt),
  },
];

function DagRuns({ dag: { dag, description, paused, schedule, runs } }: { readonly dag: Dag }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Stack gap={2} className="shrinkable">
          <Group gap="xs">
            <Text fw={600}>{dag}</Text>
            <Badge variant="default" tt="none">
              {paused ? 'paused' : (schedule ?? 'on demand')}
            </Badge>
          </Group>
          <Text size="sm" c="dimmed">
            {description}
          </Text>
        </Stack>
        <OperatorButton
          variant="default"
          size="xs"
          blocked={paused ? 'The DAG is paused in Airflow: a run would wait.' : undefined}
          onClick={() => {
            setAsking(true);
          }}
        >
          Trigger a run
        </OperatorButton>
      </Group>
      {runs.length === 0 ? (
        <Text size="sm" c="dimmed">
          It has not run yet.
        </Text>
      ) : (
        <DataTable
          label={`Runs of ${dag}`}
          columns={columns}
          rows={runs}
          rowKey={({ run }) => run}
          rowHeight={38}
          maxHeight={260}
        />
      )}
      <ConfirmChange
        opened={asking}
        title={`Trigger ${dag}?`}
        action="Trigger"
        onConfirm={async () => {
          await call('POST /api/jobs/:dag/trigger', { params: { dag }, body: { confirm: true } });
          await client.invalidateQueries({ queryKey: ['jobs'] });
        }}
        onClose={() => {
          setAsking(false);
        }}
      >
        Airflow starts a run of {dag} with its own parameters.
      </ConfirmChange>
    </Stack>
  );
}

function Spark({
  spark: { configured, problem, metrics, ready, reasons },
}: {
  readonly spark: Jobs['spark'];
}) {
  return (
    <Section
      title="Spark"
      actions={
        ready !== null && (
          <Badge color={ready ? 'teal' : 'orange'} variant="light" tt="none" className="state-badge">
            {ready ? 'ready' : 'waits'}
          </Badge>
        )
      }
    >
      {!configured && (
        <EmptyState title="No Spark job is configured">
          <Sentence text="Let it write with `npm start -- --writer spark`; the console’s README tells its settings." />
        </EmptyState>
      )}
      {problem && <ProblemAlert what="The Spark job does not answer" problem={problem} />}
      {reasons.length > 0 && (
        <Alert color="orange" variant="light" title="Why it waits">
          {reasons.join(', ')}
        </Alert>
      )}
      {metrics.length > 0 && (
        <Facts facts={metrics.map(({ name, help, value }) => [name, help || name, formatCompact(value)])} />
      )}
    </Section>
  );
}
