import { Anchor, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { SubjectList } from '../../../src/contract/schemas.ts';
import { useSubjects } from '../api/queries.ts';
import { useSession } from '../api/session.ts';
import { type Column, DataTable } from '../components/data-table.tsx';
import { formatCount } from '../components/format.ts';
import { Page } from '../components/page.tsx';
import { EmptyState, Loaded } from '../components/states.tsx';
import { figureColumn } from '../components/number-columns.ts';
import { Sentence } from '../components/sentence.tsx';

export default function SchemasPage() {
  const { features } = useSession();
  return (
    <Page title="Schemas" description="What records may look like, by subject and version.">
      {features.registry ? (
        <Subjects />
      ) : (
        <EmptyState title="No schema registry is configured">
          Set SCHEMA_REGISTRY_URL for the console and start it again.
        </EmptyState>
      )}
    </Page>
  );
}

type Subject = SubjectList['subjects'][number];

function Subjects() {
  const query = useSubjects();
  return (
    <Loaded what="subjects" query={query}>
      {({ subjects, compatibility }) =>
        subjects.length === 0 ? (
          <EmptyState title="The registry has no subjects">
            <Sentence text="The producer registers the schema at its start: `npx nx run producer:serve`." />
          </EmptyState>
        ) : (
          <>
            <Text size="sm" c="dimmed">
              Compatibility of subjects without a level of their own: {compatibility ?? 'not told'}
            </Text>
            <DataTable
              label="Subjects"
              columns={columnsOf(compatibility)}
              rows={subjects}
              rowKey={({ subject }) => subject}
            />
          </>
        )
      }
    </Loaded>
  );
}

function columnsOf(common: string | null): readonly Column<Subject>[] {
  return [
    {
      key: 'subject',
      title: 'Subject',
      width: [220, 3],
      sortBy: ({ subject }) => subject,
      render: ({ subject }) => (
        <Anchor component={Link} href={`/schemas/${encodeURIComponent(subject)}`} size="sm">
          {subject}
        </Anchor>
      ),
    },
    figureColumn({
      key: 'versions',
      title: 'Versions',
      width: [96, 1],
      value: ({ versions }) => versions.length,
      format: formatCount,
    }),
    figureColumn({
      key: 'newest',
      title: 'Newest',
      width: [96, 1],
      value: ({ versions }) => versions.at(-1) ?? null,
      format: formatCount,
    }),
    {
      key: 'compatibility',
      title: 'Compatibility',
      width: [220, 2],
      render: ({ compatibility }) => compatibility ?? `${common ?? 'not told'} (common)`,
    },
  ];
}
