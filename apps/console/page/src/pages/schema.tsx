import { Group, Select, SimpleGrid, Stack, Tabs, Text } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { SubjectDetails } from '../../../src/contract/schemas.ts';
import { useSubject } from '../api/queries.ts';
import { type Column, DataTable } from '../components/data-table.tsx';
import { Page } from '../components/page.tsx';
import { Loaded, LoadingState } from '../components/states.tsx';
import { useParameter } from '../components/use-parameter.ts';
import { CompatibilityCheck } from './schema/compatibility-check.tsx';

const Difference = lazy(() => import('./schema/difference.tsx'));

export default function SchemaPage({ subject }: { readonly subject: string }) {
  const query = useSubject(subject);
  const [tab, setTab] = useParameter('tab', 'versions');
  return (
    <Page title={subject} parents={[{ title: 'Schemas', href: '/schemas' }]}>
      <Loaded what="subject" query={query}>
        {(details) => (
          <Tabs
            value={tab}
            onChange={(value) => {
              setTab(value ?? 'versions');
            }}
            keepMounted={false}
          >
            <Tabs.List mb="md">
              <Tabs.Tab value="versions">Versions</Tabs.Tab>
              <Tabs.Tab value="difference">Difference</Tabs.Tab>
              <Tabs.Tab value="check">Check a schema</Tabs.Tab>
            </Tabs.List>
            <Suspense fallback={<LoadingState what="the tab" />}>
              <Tabs.Panel value="versions">
                <Versions details={details} />
              </Tabs.Panel>
              <Tabs.Panel value="difference">
                <Difference details={details} />
              </Tabs.Panel>
              <Tabs.Panel value="check">
                <CompatibilityCheck details={details} />
              </Tabs.Panel>
            </Suspense>
          </Tabs>
        )}
      </Loaded>
    </Page>
  );
}

type Field = SubjectDetails['versions'][number]['fields'][number];

const columns: readonly Column<Field>[] = [
  { key: 'name', title: 'Field', width: [160, 1], render: ({ name }) => name },
  {
    key: 'type',
    title: 'Type',
    width: [200, 2],
    render: ({ type }) => type,
  },
  {
    key: 'default',
    title: 'Default',
    width: [110, 1],
    render: (field) => field.default ?? 'none: it must be there',
  },
];

function Versions({ details: { versions, compatibility } }: { readonly details: SubjectDetails }) {
  const [chosen, setChosen] = useParameter('version');
  const shown = versions.find(({ version }) => String(version) === chosen) ?? versions.at(-1);
  if (!shown) return null;
  return (
    <Stack gap="md">
      <Group gap="md" align="flex-end">
        <Select
          label="Version"
          allowDeselect={false}
          data={versions.map(({ version }) => String(version)).toReversed()}
          value={String(shown.version)}
          w={120}
          onChange={(value) => {
            setChosen(value ?? '');
          }}
        />
        <Text size="sm" c="dimmed">
          Schema id {shown.id} · compatibility {compatibility ?? 'as common to all subjects'}
        </Text>
      </Group>
      <SimpleGrid cols={{ base: 1, xl: shown.fields.length > 0 ? 2 : 1 }} spacing="md">
        {shown.fields.length > 0 && (
          <DataTable
            label="Fields"
            columns={columns}
            rows={shown.fields}
            rowKey={({ name }) => name}
            rowHeight={36}
          />
        )}
        <pre
          className="record-text"
          tabIndex={0}
          role="region"
          aria-label={`Schema, version ${shown.version}`}
        >
          {shown.avsc}
        </pre>
      </SimpleGrid>
    </Stack>
  );
}
