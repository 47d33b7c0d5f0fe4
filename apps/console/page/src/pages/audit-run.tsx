import { Alert, Stack, Text } from '@mantine/core';
import type { Task } from '../../../src/contract/tasks.ts';
import { useTask } from '../api/queries.ts';
import { type Column, DataTable } from '../components/data-table.tsx';
import { Facts } from '../components/facts.tsx';
import { Figure, Figures } from '../components/figure.tsx';
import { formatCount, formatDuration, formatMoment, plural, UNKNOWN } from '../components/format.ts';
import { Page } from '../components/page.tsx';
import { Section } from '../components/section.tsx';
import { Loaded } from '../components/states.tsx';
import { TaskProgress } from '../components/task-progress.tsx';
import { Sentence } from '../components/sentence.tsx';

export default function AuditRunPage({ id }: { readonly id: string }) {
  const query = useTask(id);
  return (
    <Page
      title={query.data ? `Audit of ${formatMoment(query.data.startedAt)}` : 'Audit'}
      parents={[{ title: 'Audit', href: '/audit' }]}
    >
      <Loaded what="audit" query={query}>
        {(task) => (
          <>
            <Section title="Progress">
              <TaskProgress task={task} />
            </Section>
            {task.audit && <Result audit={task.audit} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

type Audit = NonNullable<Task['audit']>;

/** What the kinds of damage mean. */
const kinds: Readonly<Record<string, string>> = {
  missing: 'a record without its row',
  stale: 'a row older than its record',
  altered: 'a row that differs from its record',
  orphaned: 'a row without a record',
  undeleted: 'a row that a record deleted',
  unaccounted: 'a refused record without a letter',
};

function Result({ audit }: { readonly audit: Audit }) {
  const { ok, damages, unverifiable } = audit;
  const found = Object.entries(damages).filter(([, count]) => count > 0);
  const unknown = Object.entries(unverifiable).filter(([, count]) => count > 0);
  return (
    <>
      <Alert
        color={ok ? 'teal' : 'red'}
        variant="light"
        role="status"
        title={ok ? 'Nothing is lost, nothing is wrong' : 'There is damage'}
      >
        <Sentence
          text={
            ok
              ? `Every one of ${plural(audit.records, 'record')} is in the table or among the dead letters.`
              : 'What differs is below. Stop the writers and repair it with `npx nx run stream-writer:audit -- --repair`.'
          }
        />
      </Alert>
      <Figures label="What was compared">
        <Figure label="Records read" value={formatCount(audit.records)} />
        <Figure label="Keys" value={formatCount(audit.keys)} />
        <Figure label="Rows" value={formatCount(audit.rows)} />
        <Figure label="Letters" value={formatCount(audit.letters)} />
        <Figure label="Refused records" value={formatCount(audit.refused)} />
        <Figure
          label="Held"
          value={formatCount(audit.held ?? null)}
          note="by open transactions, not judged"
        />
        <Figure label="Took" value={formatDuration(audit.seconds * 1_000)} />
      </Figures>
      {(found.length > 0 || unknown.length > 0) && (
        <Section title="What was found">
          <Stack gap="md">
            <Facts
              facts={[
                ...found.map(
                  ([kind, count]) => [kind, `${formatCount(count)}: ${kinds[kind] ?? kind}`] as const,
                ),
                ...unknown.map(
                  ([reason, count]) =>
                    [`unverifiable (${reason})`, `${formatCount(count)}, which is no damage`] as const,
                ),
              ]}
            />
            {audit.findings.length > 0 && (
              <DataTable
                label="Findings"
                columns={columns}
                rows={audit.findings}
                rowKey={(finding) => JSON.stringify(finding)}
                rowHeight={38}
              />
            )}
            {audit.findingsLeftOut > 0 && (
              <Text size="sm" c="dimmed">
                {plural(audit.findingsLeftOut, 'more finding')} left out here.
              </Text>
            )}
          </Stack>
        </Section>
      )}
    </>
  );
}

type Finding = Audit['findings'][number];

const columns: readonly Column<Finding>[] = [
  {
    key: 'kind',
    title: 'Kind',
    width: [120, 1],
    sortBy: ({ kind }) => kind,
    render: ({ kind }) => kind,
  },
  { key: 'key', title: 'Key', width: [310, 2], render: ({ key }) => key ?? UNKNOWN },
  {
    key: 'record',
    title: 'Partition / offset',
    width: [150, 1],
    render: ({ partition, offset }) =>
      partition === null ? UNKNOWN : `${partition} / ${formatCount(offset)}`,
  },
  {
    key: 'columns',
    title: 'Columns',
    width: [160, 1],
    render: (finding) => finding.columns.join(', '),
  },
  { key: 'code', title: 'Code', width: [120, 1], render: ({ code }) => code ?? UNKNOWN },
];
