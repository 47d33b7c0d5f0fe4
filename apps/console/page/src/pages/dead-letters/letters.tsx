import { Anchor, Checkbox, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import type { DeadLetters, LettersQuery, LetterSummary } from '../../../../src/contract/dead-letters.ts';
import { call } from '../../api/http.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { formatCount, formatMoment, plural } from '../../components/format.ts';
import { Section } from '../../components/section.tsx';
import { isKeyMasked, RevealButton } from '../../components/reveal-button.tsx';
import { EmptyState, ErrorState, LoadingState } from '../../components/states.tsx';
import { useParameter } from '../../components/use-parameter.ts';
import { RedriveActions } from './redrive-actions.tsx';
import { figureColumn } from '../../components/number-columns.ts';
import { MoreButton } from '../../components/more-button.tsx';

/** Letters by filter, of which some or all can be sent back. The key may be personal and stays out of the address. */
export function Letters({ letters }: { readonly letters: DeadLetters }) {
  const [code, setCode] = useParameter('code');
  const [stage, setStage] = useParameter('stage');
  const [key, setKey] = useState('');
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [reveal, setReveal] = useState(false);
  const filter: LettersQuery = {
    ...(code === '' ? {} : { codes: [code] }),
    ...(stage === '' ? {} : { stages: [stage] }),
    ...(key === '' ? {} : { key }),
  };
  const pages = useInfiniteQuery({
    queryKey: ['dead-letters', 'search', filter, reveal],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      call(
        'POST /api/dead-letters/search',
        {
          body: {
            ...filter,
            ...(reveal && { reveal }),
            limit: 100,
            ...(pageParam === '' ? {} : { cursor: pageParam }),
          },
        },
        signal,
      ),
    getNextPageParam: ({ next }) => next,
    // a search for a masked key is written down each time
    refetchInterval: ({ state }) => (reveal || (state.data?.pages.length ?? 0) > 1 ? false : 5_000),
  });
  const rows = useMemo(() => pages.data?.pages.flatMap((page) => page.letters) ?? [], [pages.data]);
  const total = pages.data?.pages.at(-1)?.total ?? 0;
  const chosen = rows.filter((row) => selected.has(idOf(row)));
  const toggle = (id: string) => {
    setSelected((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  };
  const columns = columnsOf(selected, toggle);
  return (
    <Section
      title="Letters"
      actions={
        <RedriveActions
          letters={chosen.length > 0 ? plural(chosen.length, 'selected letter') : plural(total, 'letter')}
          filter={filter}
          selected={chosen}
          blocked={total === 0 ? 'There are no letters to send.' : undefined}
        />
      }
    >
      <Stack gap="md">
        <Group gap="sm" align="flex-end" className="fields">
          <Select
            label="Code"
            placeholder="all"
            clearable
            searchable
            data={unique(
              letters.groups.map((group) => group.code),
              code,
            )}
            value={code === '' ? null : code}
            onChange={(value) => {
              setCode(value ?? '');
              setSelected(new Set());
            }}
          />
          <Select
            label="Stage"
            placeholder="all"
            clearable
            data={unique(
              letters.groups.map((group) => group.stage),
              stage,
            )}
            value={stage === '' ? null : stage}
            onChange={(value) => {
              setStage(value ?? '');
              setSelected(new Set());
            }}
          />
          <TextInput
            label="Key of the record"
            placeholder="any"
            autoComplete="off"
            value={key}
            onChange={(event) => {
              setKey(event.currentTarget.value);
              setSelected(new Set());
            }}
          />
          <RevealButton
            masked={isKeyMasked(pages.error)}
            revealed={reveal}
            loading={pages.isFetching}
            onChange={setReveal}
          />
        </Group>
        {pages.error && (
          <ErrorState
            title="The letters cannot be shown"
            error={pages.error}
            onRetry={() => {
              void pages.refetch();
            }}
          />
        )}
        {pages.isPending && <LoadingState what="letters" />}
        {pages.data && (
          <>
            <Text size="sm" c="dimmed" role="status">
              {plural(total, 'letter')}
              {chosen.length > 0 && `, ${formatCount(chosen.length)} selected`}
            </Text>
            {rows.length === 0 ? (
              <EmptyState title="No letter is like that">Take away a filter to see the others.</EmptyState>
            ) : (
              <DataTable
                label="Letters"
                columns={columns}
                rows={rows}
                rowKey={idOf}
                isSelected={(row) => selected.has(idOf(row))}
              />
            )}
            <MoreButton pages={pages} />
          </>
        )}
      </Stack>
    </Section>
  );
}

function idOf({ partition, offset }: LetterSummary): string {
  return `${partition}/${offset}`;
}

/** Choices without doubles; the chosen one is among them also when no letter has it now. */
function unique(values: readonly string[], chosen: string): string[] {
  return [...new Set(chosen === '' ? values : [...values, chosen])].sort();
}

function columnsOf(
  selected: ReadonlySet<string>,
  toggle: (id: string) => void,
): readonly Column<LetterSummary>[] {
  return [
    {
      key: 'select',
      title: 'Select',
      width: [72, 0],
      render: (letter) => (
        <Checkbox
          aria-label={`Select the letter at partition ${letter.partition}, offset ${letter.offset}`}
          checked={selected.has(idOf(letter))}
          onChange={() => {
            toggle(idOf(letter));
          }}
        />
      ),
    },
    {
      key: 'letter',
      title: 'Letter',
      width: [90, 1],
      render: ({ partition, offset }) => (
        <Anchor component={Link} href={`/dead-letters/${partition}/${offset}`} size="sm">
          {partition} / {formatCount(offset)}
        </Anchor>
      ),
    },
    {
      key: 'time',
      title: 'Time',
      width: [205, 1],
      sortBy: ({ timestamp }) => timestamp,
      render: ({ timestamp }) => formatMoment(timestamp),
    },
    { key: 'stage', title: 'Stage', width: [80, 0.6], render: ({ stage }) => stage },
    { key: 'code', title: 'Code', width: [130, 1], render: ({ code }) => code },
    {
      key: 'message',
      title: 'Message',
      width: [180, 3],
      render: ({ message }) => message,
    },
    {
      key: 'source',
      title: 'Record',
      width: [110, 1],
      render: ({ source }) =>
        source && (
          <Anchor
            component={Link}
            href={`/topics/${encodeURIComponent(source.topic)}/${source.partition}/${source.offset}`}
            size="sm"
            title={`${source.topic} ${source.partition} / ${formatCount(source.offset)}`}
          >
            {source.partition} / {formatCount(source.offset)}
          </Anchor>
        ),
    },
    figureColumn({
      key: 'redrives',
      title: 'Sent back',
      width: [100, 0.5],
      value: ({ redrives }) => redrives,
      format: formatCount,
    }),
  ];
}
