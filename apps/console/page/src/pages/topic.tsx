import { Tabs } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { TopicDetails } from '../../../src/contract/topics.ts';
import { useTopic } from '../api/queries.ts';
import { Figure, Figures } from '../components/figure.tsx';
import { formatBytes, formatCount, formatRate } from '../components/format.ts';
import { Page } from '../components/page.tsx';
import { Loaded, LoadingState } from '../components/states.tsx';
import { useParameter } from '../components/use-parameter.ts';
import { Partitions } from './topic/partitions.tsx';
import { Settings } from './topic/settings.tsx';

const Messages = lazy(() => import('./topic/messages.tsx'));
const Tail = lazy(() => import('./topic/tail.tsx'));

export default function TopicPage({ topic }: { readonly topic: string }) {
  const query = useTopic(topic);
  const [tab, setTab] = useParameter('tab', 'partitions');
  return (
    <Page title={topic} parents={[{ title: 'Topics', href: '/topics' }]}>
      <Loaded what="topic" query={query}>
        {(details) => (
          <>
            <Sums details={details} />
            <Tabs
              value={tab}
              onChange={(value) => {
                setTab(value ?? 'partitions');
              }}
              keepMounted={false}
            >
              <Tabs.List mb="md">
                <Tabs.Tab value="partitions">Partitions</Tabs.Tab>
                <Tabs.Tab value="messages">Messages</Tabs.Tab>
                <Tabs.Tab value="tail">Live</Tabs.Tab>
                <Tabs.Tab value="settings">Configuration</Tabs.Tab>
              </Tabs.List>
              <Suspense fallback={<LoadingState what="the tab" />}>
                <Tabs.Panel value="partitions">
                  <Partitions partitions={details.partitions} />
                </Tabs.Panel>
                <Tabs.Panel value="messages">
                  <Messages details={details} />
                </Tabs.Panel>
                <Tabs.Panel value="tail">
                  <Tail topic={topic} />
                </Tabs.Panel>
                <Tabs.Panel value="settings">
                  <Settings settings={details.settings} />
                </Tabs.Panel>
              </Suspense>
            </Tabs>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Sums({ details: { summary } }: { readonly details: TopicDetails }) {
  const { records, held, bytes, recordsPerSecond, partitions, replication, offline, underReplicated } =
    summary;
  const sound = offline === 0 && underReplicated === 0;
  return (
    <Figures label="The topic in figures">
      <Figure label="Records" value={formatCount(records)} />
      <Figure label="Held" value={formatCount(held)} note="by open transactions" />
      <Figure label="Comes in" value={formatRate(recordsPerSecond)} />
      <Figure label="Size of all replicas" value={formatBytes(bytes)} />
      <Figure label="Partitions" value={formatCount(partitions)} />
      <Figure label="Replicas of each" value={formatCount(replication)} />
      <Figure
        label="Replication"
        value={
          sound
            ? 'in sync'
            : offline > 0
              ? `${formatCount(offline)} offline`
              : `${formatCount(underReplicated)} behind`
        }
        tone={sound ? 'good' : 'bad'}
      />
    </Figures>
  );
}
