import { Badge, Group, Text } from '@mantine/core';
import { Fragment, type ReactNode } from 'react';
import { Link } from 'wouter';
import type { Overview, PartState } from '../../../src/contract/overview.ts';
import { useSession } from '../api/session.ts';
import { formatCount, formatDuration, formatRate, UNKNOWN } from './format.ts';
import { StateBadge } from './state-badge.tsx';

/** The way of a record as a picture: each box leads to its page. */
export function Flow({ overview }: { readonly overview: Overview }) {
  const { pipeline } = useSession();
  const { source, topic, writer, table, deadLetters, endToEnd } = overview;
  return (
    <div>
      <div className="flow">
        <Box
          title="Source"
          name="producer"
          href="/health"
          state={source.state}
          figures={[
            ['Sends', formatRate(source.recordsPerSecond)],
            ['Requests', formatRate(source.requestsPerSecond)],
            ['Failures', formatRate(source.failuresPerSecond)],
          ]}
        />
        <Arrow rate={topic.recordsPerSecond} />
        <Box
          title="Topic"
          name={pipeline.topic}
          href={`/topics/${encodeURIComponent(pipeline.topic)}`}
          state={topic.state}
          figures={[
            ['Comes in', formatRate(topic.recordsPerSecond)],
            ['Records', formatCount(topic.records)],
            ['Held', formatCount(topic.held)],
            ['Partitions', formatCount(topic.partitions)],
          ]}
        />
        <Arrow rate={writer.recordsPerSecond} />
        <Box
          title="Writers"
          name={pipeline.group}
          href={`/groups/${encodeURIComponent(pipeline.group)}`}
          state={writer.state}
          figures={[
            ['Lag', formatCount(writer.lag)],
            ['Behind by', formatDuration(writer.timeLagMs)],
            [
              'Caught up in',
              writer.catchUpSeconds === null ? UNKNOWN : formatDuration(writer.catchUpSeconds * 1_000),
            ],
            ['Members', formatCount(writer.members)],
          ]}
        />
        <Arrow rate={table.rowsPerSecond} />
        <Box
          title="Table"
          name={pipeline.table}
          href="/users"
          state={table.state}
          figures={[
            ['Rows', formatRate(table.rowsPerSecond)],
            ['Write p50', formatDuration(table.writeP50Ms)],
            ['Write p99', formatDuration(table.writeP99Ms)],
            [
              'Nodes up',
              table.nodes === null ? UNKNOWN : `${formatCount(table.nodesUp)} of ${formatCount(table.nodes)}`,
            ],
          ]}
        />
      </div>
      <div className="flow-below">
        <div className="flow-box flow-sum">
          <Text fw={650}>End to end</Text>
          <Text size="xs" c="dimmed">
            from a record’s time to its row
          </Text>
          <FigureList
            figures={[
              ['p50', formatDuration(endToEnd.p50Ms)],
              ['p99', formatDuration(endToEnd.p99Ms)],
            ]}
          />
        </div>
        <Box
          title="Dead letters"
          name={pipeline.deadLetterTopic}
          href="/dead-letters"
          state={deadLetters.state}
          badge={<LettersBadge overview={overview} />}
          bad={(deadLetters.records ?? 0) > 0}
          figures={[
            ['Letters', formatCount(deadLetters.records)],
            ['Come in', formatRate(deadLetters.recordsPerSecond)],
          ]}
        />
      </div>
    </div>
  );
}

type FigurePairs = readonly (readonly [name: string, value: string])[];

interface BoxProps {
  readonly title: string;
  readonly name: string;
  readonly href: string;
  readonly state: PartState;
  readonly bad?: boolean;
  /** Instead of the state. */
  readonly badge?: ReactNode;
  readonly figures: FigurePairs;
}

function Box({ title, name, href, state, bad = false, badge, figures }: BoxProps) {
  const tone = state === 'idle' ? 'idle' : state === 'ok' ? undefined : 'bad';
  return (
    <Link href={href} className="flow-box" data-tone={bad ? 'bad' : tone}>
      <Group justify="space-between" gap={4} wrap="nowrap">
        <Text fw={650}>{title}</Text>
        {badge ?? <StateBadge state={state} />}
      </Group>
      <Text size="xs" c="dimmed" truncate title={name}>
        {name}
      </Text>
      <FigureList figures={figures} />
    </Link>
  );
}

function FigureList({ figures }: { readonly figures: FigurePairs }): ReactNode {
  return (
    <span className="flow-figures">
      {figures.map(([name, value]) => (
        <Fragment key={name}>
          <span className="flow-name">{name}</span>
          <span className="flow-value">{value}</span>
        </Fragment>
      ))}
    </span>
  );
}

/** Of letters counts that there are some, not that more come. */
function LettersBadge({ overview: { deadLetters } }: { readonly overview: Overview }) {
  if (deadLetters.state === 'away') return <StateBadge state="away" />;
  const some = (deadLetters.records ?? 0) > 0;
  return (
    <Badge color={some ? 'orange' : 'gray'} variant="light" size="sm" tt="none" className="state-badge">
      {some ? 'some' : 'none'}
    </Badge>
  );
}

/** Moves while records do. */
function Arrow({ rate }: { readonly rate: number | null }) {
  return (
    <div className="flow-arrow" aria-hidden>
      <span className="figure-value">{formatRate(rate)}</span>
      <svg
        className="flow-line"
        data-moving={(rate ?? 0) > 0 || undefined}
        viewBox="0 0 72 14"
        preserveAspectRatio="none"
      >
        <line x1="2" y1="7" x2="62" y2="7" stroke="currentColor" strokeWidth="2" />
        <path d="M60 2 L70 7 L60 12" fill="none" stroke="currentColor" strokeWidth="2" />
      </svg>
    </div>
  );
}
