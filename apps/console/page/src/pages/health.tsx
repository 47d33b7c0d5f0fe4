import { Badge, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import type { AppHealth, Health } from '../../../src/contract/health.ts';
import { useHealth } from '../api/queries.ts';
import { type Column, DataTable } from '../components/data-table.tsx';
import { Facts } from '../components/facts.tsx';
import { formatAgo, formatBytes, formatCount, UNKNOWN } from '../components/format.ts';
import { Page } from '../components/page.tsx';
import { ProblemAlert } from '../components/problem-alert.tsx';
import { Section } from '../components/section.tsx';
import { EmptyState, Loaded } from '../components/states.tsx';

export default function HealthPage() {
  const query = useHealth();
  return (
    <Page
      title="Health"
      description="The servers and programs of the pipeline, with their versions and settings. Secrets are never among them."
    >
      <Loaded what="health" query={query}>
        {(health) => (
          <>
            <SimpleGrid cols={{ base: 1, md: 3 }} spacing="lg">
              <Kafka kafka={health.kafka} />
              <Registry registry={health.registry} />
              <Cassandra cassandra={health.cassandra} />
            </SimpleGrid>
            <Apps health={health} />
            <Console health={health} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function StateMark({ good, text }: { readonly good: boolean; readonly text: string }) {
  return (
    <Badge color={good ? 'teal' : 'red'} variant="light" tt="none" className="state-badge">
      {text}
    </Badge>
  );
}

function Kafka({ kafka }: { readonly kafka: Health['kafka'] }) {
  const { problem, cluster, controller, brokers, underReplicated, offline } = kafka;
  const sound = !problem && underReplicated === 0 && offline === 0;
  return (
    <Section
      title="Kafka"
      actions={<StateMark good={sound} text={problem ? 'not reachable' : sound ? 'sound' : 'degraded'} />}
    >
      {problem ? (
        <ProblemAlert what="Kafka does not answer" problem={problem} />
      ) : (
        <Facts
          facts={[
            ['Cluster', cluster ?? UNKNOWN],
            ['Brokers', brokers.map(({ id, address }) => `${id} at ${address}`).join(', ')],
            ['Controller', controller ?? UNKNOWN],
            ['Partitions not in sync', formatCount(underReplicated)],
            ['Partitions without a leader', formatCount(offline)],
          ]}
        />
      )}
    </Section>
  );
}

function Registry({
  registry: { configured, problem, url, subjects },
}: {
  readonly registry: Health['registry'];
}) {
  return (
    <Section
      title="Schema registry"
      actions={configured && <StateMark good={!problem} text={problem ? 'not reachable' : 'sound'} />}
    >
      {!configured && <Text size="sm">Not configured: set SCHEMA_REGISTRY_URL.</Text>}
      {problem && <ProblemAlert what="The registry does not answer" problem={problem} />}
      {configured && !problem && (
        <Facts
          facts={[
            ['Address', url ?? UNKNOWN],
            ['Subjects', formatCount(subjects)],
          ]}
        />
      )}
    </Section>
  );
}

function Cassandra({ cassandra: { problem, cluster, nodes } }: { readonly cassandra: Health['cassandra'] }) {
  const sound = !problem && nodes.every(({ up }) => up);
  return (
    <Section
      title="Cassandra"
      actions={
        <StateMark good={sound} text={problem ? 'not reachable' : sound ? 'sound' : 'a node is down'} />
      }
    >
      {problem ? (
        <ProblemAlert what="Cassandra does not answer" problem={problem} />
      ) : (
        <Facts
          facts={[
            ['Cluster', cluster ?? UNKNOWN],
            ...nodes.map(
              ({ address, dataCenter, rack, version, up }) =>
                [
                  address,
                  'Node',
                  `${address}, ${up ? 'up' : 'down'}, ${dataCenter} / ${rack}, version ${version}`,
                ] as const,
            ),
          ]}
        />
      )}
    </Section>
  );
}

const states = { ready: 'ready', waiting: 'waits', absent: 'not running' } as const;

function Apps({ health: { apps, at } }: { readonly health: Health }) {
  return (
    <Section title="Programs">
      {apps.length === 0 ? (
        <EmptyState title="No program is configured">
          The console’s README tells the settings that name them.
        </EmptyState>
      ) : (
        <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="xl">
          {apps.map((app) => (
            <App key={app.url} app={app} at={at} />
          ))}
        </SimpleGrid>
      )}
    </Section>
  );
}

function App({ app, at }: { readonly app: AppHealth; readonly at: number }) {
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Text fw={600}>{app.app}</Text>
        <StateMark good={app.state === 'ready'} text={states[app.state]} />
      </Group>
      <Facts
        facts={[
          ['Address', app.url],
          ...(app.reasons.length > 0 ? [['Why', app.reasons.join(', ')] as const] : []),
          ...(app.degraded.length > 0 ? [['Degraded', app.degraded.join('; ')] as const] : []),
          ...(app.state === 'absent'
            ? []
            : ([
                ['Version', app.version ?? UNKNOWN],
                ['Started', formatAgo(app.startedAt, at)],
                ['Processor', formatShare(app.cpu)],
                ['Memory', formatBytes(app.memory)],
              ] as const)),
        ]}
      />
      {app.settings.length > 0 && <Settings label={`Settings of ${app.app}`} settings={app.settings} />}
    </Stack>
  );
}

type Setting = AppHealth['settings'][number];

const columns: readonly Column<Setting>[] = [
  { key: 'name', title: 'Setting', width: [264, 1], render: ({ name }) => name },
  {
    key: 'value',
    title: 'Value',
    width: [180, 2],
    render: ({ value }) => value,
  },
];

function Settings({ label, settings }: { readonly label: string; readonly settings: readonly Setting[] }) {
  return (
    <DataTable
      label={label}
      columns={columns}
      rows={settings}
      rowKey={({ name }) => name}
      rowHeight={34}
      maxHeight={280}
    />
  );
}

function Console({ health: { console: own, at } }: { readonly health: Health }) {
  return (
    <Section title="This console">
      <Stack gap="md">
        <Facts
          facts={[
            ['Version', `${own.version}, Node ${own.node}`],
            ['Started', formatAgo(own.startedAt, at)],
            ['Processor', formatShare(own.cpu)],
            ['Memory', formatBytes(own.memory)],
            ['Viewers', formatCount(own.viewers)],
            ['History', `${formatBytes(own.historyBytes)} in ${own.historyFile}`],
          ]}
        />
        <Settings label="Settings of the console" settings={own.settings} />
      </Stack>
    </Section>
  );
}

function formatShare(share: number | null): string {
  return share === null ? UNKNOWN : `${(share * 100).toFixed(1)}% of a core`;
}
