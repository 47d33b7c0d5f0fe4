import { Alert, Badge, Group, Stack, Text } from '@mantine/core';
import type { DeadLetters } from '../../../src/contract/dead-letters.ts';
import { useDeadLetters, useTask, useTasks } from '../api/queries.ts';
import type { ChartColor } from '../components/time-plot.tsx';
import { formatCompact, formatCount, plural } from '../components/format.ts';
import { Page } from '../components/page.tsx';
import { Section } from '../components/section.tsx';
import { EmptyState, Loaded } from '../components/states.tsx';
import { TaskProgress } from '../components/task-progress.tsx';
import { TimeChart } from '../components/time-chart.tsx';
import { LetterGroups } from './dead-letters/letter-groups.tsx';
import { Letters } from './dead-letters/letters.tsx';
import { RedriveResult } from './dead-letters/redrive-result.tsx';

export default function DeadLettersPage() {
  const query = useDeadLetters();
  return (
    <Page
      title="Dead letters"
      description="Records that could not become rows, with the reason. Mend the cause, then send them back: a record never overwrites something newer. Letters stay listed after that until their topic’s retention removes them; the same redrive does not send them twice."
    >
      <LastRedrive />
      <Loaded what="dead letters" query={query}>
        {(letters) => <Overview letters={letters} />}
      </Loaded>
    </Page>
  );
}

function Overview({ letters }: { readonly letters: DeadLetters }) {
  if (letters.complete && letters.indexed === 0) {
    return (
      <EmptyState title="There are no dead letters">
        Every record so far became a row, or waits to. Should one be refused, it comes to {letters.topic} and
        is shown here.
      </EmptyState>
    );
  }
  return (
    <>
      {!letters.complete && (
        <Alert color="blue" variant="light" role="status">
          Reading {letters.topic}: {plural(letters.indexed, 'letter')} so far. What is below grows until all
          are read.
        </Alert>
      )}
      {letters.complete && letters.indexed < letters.letters && (
        <Text size="sm" c="dimmed">
          The newest {formatCount(letters.indexed)} of {plural(letters.letters, 'letter')} are shown.
        </Text>
      )}
      <Section title="By reason">
        <LetterGroups groups={letters.groups} />
      </Section>
      <OverTime letters={letters} />
      <Letters letters={letters} />
    </>
  );
}

const tones: readonly ChartColor[] = ['bad', 'warm', 'flow', 'calm'];

function OverTime({ letters: { overTime } }: { readonly letters: DeadLetters }) {
  const series = Object.entries(overTime.values)
    .slice(0, tones.length)
    .map(([code, values], index) => ({ name: code, color: tones[index] ?? 'bad', values }));
  if (overTime.times.length < 2 || series.length === 0) return null;
  return (
    <Section title="Over time">
      <TimeChart
        label="Letters by their time"
        times={overTime.times}
        series={series}
        format={formatCompact}
        height={160}
      />
    </Section>
  );
}

/** The redrive that runs, or the last one. */
function LastRedrive() {
  const tasks = useTasks('redrive');
  const newest = tasks.data?.tasks[0];
  const task = useTask(newest?.id).data ?? newest;
  if (!task) return null;
  return (
    <Section
      title={task.state === 'running' ? 'A redrive runs' : 'The last redrive'}
      actions={
        task.dryRun && (
          <Badge variant="default" tt="none">
            dry run: nothing is sent
          </Badge>
        )
      }
    >
      <Stack gap="sm">
        <TaskProgress task={task} />
        <Group>
          <RedriveResult task={task} />
        </Group>
      </Stack>
    </Section>
  );
}
