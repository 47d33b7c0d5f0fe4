import { Anchor, SimpleGrid, Stack } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import type { Letter } from '../../../src/contract/dead-letters.ts';
import { call } from '../api/http.ts';
import { ContentView, isMasked } from '../components/content-view.tsx';
import { Facts } from '../components/facts.tsx';
import { formatCount, formatMoment, plural } from '../components/format.ts';
import { HeaderList } from '../components/header-list.tsx';
import { Page } from '../components/page.tsx';
import { RevealButton } from '../components/reveal-button.tsx';
import { Section } from '../components/section.tsx';
import { Loaded } from '../components/states.tsx';
import { RedriveActions } from './dead-letters/redrive-actions.tsx';

interface LetterPageProps {
  readonly partition: number;
  readonly offset: string;
}

/** One letter in full, beside the schema that its record should have followed. */
export default function LetterPage({ partition, offset }: LetterPageProps) {
  const [full, setFull] = useState(false);
  const [reveal, setReveal] = useState(false);
  const query = useQuery({
    queryKey: ['letter', partition, offset, full, reveal],
    queryFn: ({ signal }) =>
      call('POST /api/dead-letters/letter', { body: { partition, offset, full, reveal } }, signal),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 0,
  });
  return (
    <Page
      title={`Letter ${partition} / ${formatCount(offset)}`}
      parents={[{ title: 'Dead letters', href: '/dead-letters' }]}
      actions={
        <>
          <RevealButton
            masked={isMasked(query.data?.message)}
            revealed={reveal}
            loading={query.isFetching}
            onChange={setReveal}
          />
          {query.data && <RedriveActions letters="this letter" selected={[{ partition, offset }]} />}
        </>
      }
    >
      <Loaded what="letter" query={query}>
        {({ summary, pipeline, message, schema }) => (
          <>
            <Section title="Why it is here">
              <Facts
                facts={[
                  ['Code', summary.code],
                  ['Stage', summary.stage],
                  ['Message', summary.message],
                  ['Time', formatMoment(summary.timestamp)],
                  ['Record', <SourceLink key="source" source={summary.source} />],
                  ['Sent back', timesOf(summary.redrives)],
                  ['Written by', pipeline ?? 'not told'],
                ]}
              />
            </Section>
            <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
              <Section title="The record">
                <Stack gap="lg">
                  <ContentView label="Key" content={message.key} />
                  <ContentView
                    label="Value"
                    content={message.value}
                    loading={query.isFetching}
                    onLoadAll={() => {
                      setFull(true);
                    }}
                  />
                  <HeaderList headers={message.headers} headersLeftOut={message.headersLeftOut} />
                </Stack>
              </Section>
              <Section title="What it should have been" description={schema.name}>
                <pre className="record-text" tabIndex={0} role="region" aria-label="Schema">
                  {schema.avsc}
                </pre>
              </Section>
            </SimpleGrid>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function SourceLink({ source }: { readonly source: Letter['summary']['source'] }) {
  if (!source) return 'it never was in a topic';
  const { topic, partition, offset } = source;
  return (
    <Anchor component={Link} href={`/topics/${encodeURIComponent(topic)}/${partition}/${offset}`} size="sm">
      {topic} {partition} / {formatCount(offset)}
    </Anchor>
  );
}

function timesOf(count: number): string {
  return count === 0 ? 'never' : plural(count, 'time');
}
