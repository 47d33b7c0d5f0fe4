import { Alert, SegmentedControl, SimpleGrid, Stack, Text, VisuallyHidden } from '@mantine/core';
import type { Problem } from '../../../src/contract/common.ts';
import type { HistoryQuery, Overview } from '../../../src/contract/overview.ts';
import { useFigures } from '../api/figures.ts';
import { useOverview } from '../api/live.ts';
import { Flow } from '../components/flow.tsx';
import {
  durationSteps,
  formatCompact,
  formatDuration,
  formatMoment,
  formatRate,
} from '../components/format.ts';
import { Page } from '../components/page.tsx';
import { ProblemAlert } from '../components/problem-alert.tsx';
import { Section } from '../components/section.tsx';
import { stateText } from '../components/state-badge.tsx';
import { capitalised, Loaded, LoadingState } from '../components/states.tsx';
import { TimeChart } from '../components/time-chart.tsx';
import { useParameter } from '../components/use-parameter.ts';

export default function OverviewPage() {
  const overview = useOverview();
  return (
    <Page
      title="Overview"
      description="From the source through the topic and the writers into the table, as it is now."
    >
      {overview ? <Now overview={overview} /> : <LoadingState what="the figures of now" />}
      <OverTime />
    </Page>
  );
}

function Now({ overview }: { readonly overview: Overview }) {
  const { source, topic, writer, table, deadLetters } = overview;
  const problems = eachOnce([
    ['the producer', source.problem],
    ['Kafka', topic.problem],
    ['the writers', writer.problem],
    ['the table', table.problem],
    ['the dead letters', deadLetters.problem],
  ]);
  return (
    <Stack gap="sm">
      <Spoken overview={overview} />
      {writer.pauses.map(({ reason, app, since }) => (
        <Alert key={`${app} ${reason}`} color="orange" variant="light" title={`Writing is paused: ${reason}`}>
          <Text size="sm" className="wrap-anywhere">
            {app} waits since {formatMoment(since)} and goes on by itself once the reason is gone. Nothing is
            lost meanwhile.
          </Text>
        </Alert>
      ))}
      {problems.map(([parts, problem]) => (
        <ProblemAlert
          key={problem.message}
          what={capitalised(`${listed.format(parts)} cannot be seen now`)}
          problem={problem}
        />
      ))}
      <Flow overview={overview} />
    </Stack>
  );
}

const listed = new Intl.ListFormat('en');

/** The problems with the parts that have them: a server that is away is one problem of several. */
function eachOnce(
  problems: readonly (readonly [part: string, problem: Problem | null])[],
): readonly (readonly [parts: readonly string[], problem: Problem])[] {
  const known = new Map<string, [string[], Problem]>();
  for (const [part, problem] of problems) {
    if (!problem) continue;
    const found = known.get(problem.message);
    if (found) found[0].push(part);
    else known.set(problem.message, [[part], problem]);
  }
  return [...known.values()];
}

/** For screen readers: the states, which change seldom, and not the figures, which change each second. */
function Spoken({ overview: { source, topic, writer, table } }: { readonly overview: Overview }) {
  const pauses = writer.pauses.map(({ reason }) => reason).join(', ');
  return (
    <VisuallyHidden role="status" aria-live="polite">
      Source {stateText(source.state)}, topic {stateText(topic.state)}, writers {stateText(writer.state)}
      {pauses && `, because of ${pauses}`}, table {stateText(table.state)}.
    </VisuallyHidden>
  );
}

const ranges = ['15m', '1h', '6h', '24h', '7d'] as const;
const shown = ['produced', 'written', 'lag', 'endToEndP50', 'endToEndP99', 'deadLetters'] as const;

function OverTime() {
  const [text, setRange] = useParameter('range', '15m');
  const range: HistoryQuery['range'] = ranges.find((known) => known === text) ?? '15m';
  const { history, figures } = useFigures(range, shown);
  return (
    <Section
      title="Over time"
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Range of the charts"
          data={[...ranges]}
          value={range}
          onChange={setRange}
        />
      }
    >
      <Loaded what="history" query={history}>
        {() =>
          figures && (
            <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="xl">
              <TimeChart
                label="Records"
                times={figures.times}
                format={formatRate}
                series={[
                  { name: 'produced', color: 'calm', values: figures.values['produced'] ?? [] },
                  { name: 'written', color: 'flow', values: figures.values['written'] ?? [] },
                ]}
              />
              <TimeChart
                label="Lag"
                times={figures.times}
                format={formatCompact}
                series={[{ name: 'records', color: 'warm', values: figures.values['lag'] ?? [] }]}
              />
              <TimeChart
                label="End to end"
                times={figures.times}
                format={formatDuration}
                steps={durationSteps}
                series={[
                  { name: 'p50', color: 'flow', values: figures.values['endToEndP50'] ?? [] },
                  { name: 'p99', color: 'warm', values: figures.values['endToEndP99'] ?? [] },
                ]}
              />
              <TimeChart
                label="Dead letters"
                times={figures.times}
                format={formatRate}
                series={[{ name: 'letters', color: 'bad', values: figures.values['deadLetters'] ?? [] }]}
              />
            </SimpleGrid>
          )
        }
      </Loaded>
    </Section>
  );
}
