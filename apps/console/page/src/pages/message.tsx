import { Anchor, Badge, Button, Group, Stack, Text, Timeline } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import type { Trace } from '../../../src/contract/topics.ts';
import { call } from '../api/http.ts';
import { useSession } from '../api/session.ts';
import { ContentView, isMasked } from '../components/content-view.tsx';
import { Facts } from '../components/facts.tsx';
import { formatCount, formatMoment, formatWriteTime, UNKNOWN } from '../components/format.ts';
import { HeaderList } from '../components/header-list.tsx';
import { Page } from '../components/page.tsx';
import { RevealButton } from '../components/reveal-button.tsx';
import { Section } from '../components/section.tsx';
import { Loaded } from '../components/states.tsx';

interface MessagePageProps {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/** One message in full, and where it went. */
export default function MessagePage({ topic, partition, offset }: MessagePageProps) {
  const [full, setFull] = useState(false);
  const [reveal, setReveal] = useState(false);
  const { pipeline } = useSession();
  const message = useQuery({
    queryKey: ['message', topic, partition, offset, full, reveal],
    queryFn: ({ signal }) =>
      call(
        'POST /api/topics/:topic/message',
        { params: { topic }, body: { partition, offset, full, reveal } },
        signal,
      ),
    // What was there stays while more of it comes.
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 0,
  });
  const masked = isMasked(message.data);
  const number = BigInt(offset);
  return (
    <Page
      title={`Partition ${partition}, offset ${formatCount(offset)}`}
      parents={[
        { title: 'Topics', href: '/topics' },
        { title: topic, href: `/topics/${encodeURIComponent(topic)}` },
        { title: 'Messages', href: `/topics/${encodeURIComponent(topic)}?tab=messages` },
      ]}
      actions={
        <>
          <RevealButton masked={masked} revealed={reveal} loading={message.isFetching} onChange={setReveal} />
          {number > 0n && (
            <Button component={Link} href={hrefOf(topic, partition, number - 1n)} variant="default">
              Previous
            </Button>
          )}
          <Button component={Link} href={hrefOf(topic, partition, number + 1n)} variant="default">
            Next
          </Button>
        </>
      }
    >
      {topic === pipeline.topic && <TraceSection topic={topic} partition={partition} offset={offset} />}
      <Section title="The message">
        <Loaded what="message" query={message}>
          {(found) => (
            <Stack gap="lg">
              <Facts facts={[['Time', found.timestamp < 0 ? UNKNOWN : formatMoment(found.timestamp)]]} />
              <ContentView label="Key" content={found.key} />
              <ContentView
                label="Value"
                content={found.value}
                loading={message.isFetching}
                onLoadAll={() => {
                  setFull(true);
                }}
              />
              <HeaderList headers={found.headers} headersLeftOut={found.headersLeftOut} />
            </Stack>
          )}
        </Loaded>
      </Section>
    </Page>
  );
}

function hrefOf(topic: string, partition: number, offset: bigint): string {
  return `/topics/${encodeURIComponent(topic)}/${partition}/${offset}`;
}

const outcomes: Readonly<Record<Trace['outcome'], { readonly color: string; readonly text: string }>> = {
  row: { color: 'teal', text: 'in the table' },
  'newer-row': { color: 'teal', text: 'overwritten by a newer record' },
  deleted: { color: 'teal', text: 'deleted the row' },
  'dead-letter': { color: 'red', text: 'in the dead letters' },
  waiting: { color: 'blue', text: 'waiting to be written' },
  'no-row': { color: 'red', text: 'no row' },
};

function TraceSection({ topic, partition, offset }: MessagePageProps) {
  const trace = useQuery({
    queryKey: ['trace', topic, partition, offset],
    queryFn: ({ signal }) =>
      call('POST /api/topics/:topic/trace', { params: { topic }, body: { partition, offset } }, signal),
    refetchInterval: ({ state }) => (state.data?.outcome === 'waiting' ? 1_000 : false),
  });
  return (
    <Section title="Where did this record go?">
      <Loaded what="way of the record" query={trace}>
        {({ outcome, explanation, steps, uuid, writeTimestamp, rowWriteTimestamp, letter }) => (
          <Stack gap="md">
            <Group gap="xs">
              <Badge
                color={outcomes[outcome].color}
                variant="light"
                tt="none"
                size="lg"
                className="state-badge"
              >
                {outcomes[outcome].text}
              </Badge>
              <Text size="sm" className="wrap-anywhere">
                {explanation}
              </Text>
            </Group>
            <Timeline active={steps.filter(({ done }) => done).length - 1} bulletSize={16} lineWidth={2}>
              {steps.map(({ name, done, detail }) => (
                <Timeline.Item key={name} title={done ? name : `${name} (not yet)`}>
                  <Text size="sm" c="dimmed" className="wrap-anywhere">
                    {detail}
                  </Text>
                </Timeline.Item>
              ))}
            </Timeline>
            <Facts
              facts={[
                ['Write time of the record', formatWriteTime(writeTimestamp)],
                ['Write time of the row', formatWriteTime(rowWriteTimestamp)],
              ]}
            />
            <Group gap="md">
              {uuid !== null && (
                // By the state of the history and not by the address: a uuid names a person.
                <Link href="/users" state={{ uuid }} asChild>
                  <Anchor size="sm">Show the row</Anchor>
                </Link>
              )}
              {letter && (
                <Anchor
                  component={Link}
                  href={`/dead-letters/${letter.partition}/${letter.offset}`}
                  size="sm"
                >
                  Show the letter ({letter.stage}, {letter.code})
                </Anchor>
              )}
            </Group>
          </Stack>
        )}
      </Loaded>
    </Section>
  );
}
