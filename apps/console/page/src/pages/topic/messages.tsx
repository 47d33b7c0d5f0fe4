import { Button, Group, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import type { MessagesFrom, MessagesQuery, TopicDetails } from '../../../../src/contract/topics.ts';
import { call } from '../../api/http.ts';
import { isMasked } from '../../components/content-view.tsx';
import { formatCount, heldText, plural } from '../../components/format.ts';
import { MessageTable } from '../../components/message-table.tsx';
import { isKeyMasked, RevealButton } from '../../components/reveal-button.tsx';
import { EmptyState, ErrorState, LoadingState } from '../../components/states.tsx';
import { useParameter } from '../../components/use-parameter.ts';
import { MoreButton } from '../../components/more-button.tsx';

const kinds = [
  { value: 'latest', label: 'the newest' },
  { value: 'earliest', label: 'the oldest' },
  { value: 'offset', label: 'an offset' },
  { value: 'time', label: 'a time' },
];

/** Messages from a place on, of a key or with a text. Where to begin is in the address; key and text, which may be personal, are not. */
export default function Messages({ details }: { readonly details: TopicDetails }) {
  const { topic } = details.summary;
  const [from, setFrom] = useParameter('from', 'latest');
  const [at, setAt] = useParameter('at');
  const [partition, setPartition] = useParameter('partition');
  const [key, setKey] = useState('');
  const [text, setText] = useState('');
  const [search, setSearch] = useState({ key: '', text: '' });
  const [reveal, setReveal] = useState(false);

  // A place is asked for once it is typed, not at every digit.
  const [typedAt] = useDebouncedValue(at, 300);
  const start = startOf(from, typedAt);
  const isFiltered = search.key !== '' || search.text !== '';
  const query: MessagesQuery = {
    from: start ?? { kind: 'latest' },
    ...(partition === '' ? {} : { partitions: [Number(partition)] }),
    ...(search.key === '' ? {} : { key: search.key }),
    ...(search.text === '' ? {} : { text: search.text }),
    limit: 100,
    ...(reveal && { reveal }),
  };
  const pages = useInfiniteQuery({
    queryKey: ['messages', topic, query],
    enabled: start !== undefined,
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      call(
        'POST /api/topics/:topic/messages',
        { params: { topic }, body: pageParam === '' ? query : { ...query, cursor: pageParam } },
        signal,
      ),
    getNextPageParam: ({ next }) => next,
    staleTime: Infinity,
    gcTime: 0,
  });

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (key === search.key && text === search.text) void pages.refetch();
    setSearch({ key, text });
  };
  const messages = pages.data?.pages.flatMap((page) => page.messages) ?? [];
  const held = pages.data?.pages[0]?.held ?? 0;
  const scanned = pages.data?.pages.reduce((sum, page) => sum + page.scanned, 0) ?? 0;

  return (
    <Stack gap="md">
      <form onSubmit={submit} aria-label="Which messages">
        <Group gap="sm" align="flex-end" className="fields">
          <Select
            label="From"
            data={kinds}
            value={from}
            allowDeselect={false}
            w={140}
            onChange={(value) => {
              setFrom(value ?? 'latest');
            }}
          />
          {from === 'offset' && (
            <TextInput
              label="Offset"
              inputMode="numeric"
              w={150}
              value={at}
              error={typedAt !== '' && start === undefined ? 'A whole number' : undefined}
              onChange={(event) => {
                setAt(event.currentTarget.value.trim());
              }}
            />
          )}
          {from === 'time' && (
            <TextInput
              label="Time"
              type="datetime-local"
              step={1}
              value={at}
              onChange={(event) => {
                setAt(event.currentTarget.value);
              }}
            />
          )}
          <NumberInput
            label="Partition"
            placeholder="all"
            min={0}
            allowDecimal={false}
            allowNegative={false}
            max={details.partitions.length - 1}
            w={110}
            value={partition === '' ? '' : Number(partition)}
            onChange={(value) => {
              setPartition(String(value));
            }}
          />
          <TextInput
            label="Key"
            placeholder="any"
            w={190}
            autoComplete="off"
            value={key}
            onChange={(event) => {
              setKey(event.currentTarget.value);
            }}
          />
          <TextInput
            label="Contains"
            placeholder="any text"
            w={170}
            autoComplete="off"
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
            }}
          />
          <Button type="submit" loading={pages.isFetching}>
            Look
          </Button>
          <RevealButton
            masked={messages.some(isMasked) || isKeyMasked(pages.error)}
            revealed={reveal}
            loading={pages.isFetching}
            onChange={setReveal}
          />
        </Group>
      </form>
      {pages.error && (
        <ErrorState
          title="These messages cannot be shown"
          error={pages.error}
          onRetry={() => {
            void pages.refetch();
          }}
        />
      )}
      {start === undefined && <EmptyState title={from === 'time' ? 'Choose a time' : 'Give an offset'} />}
      {start !== undefined && pages.isPending && <LoadingState what="messages" />}
      {pages.data && (
        <>
          <Text size="sm" c="dimmed" role="status">
            {plural(messages.length, 'message')}
            {isFiltered && `, of ${formatCount(scanned)} looked at`}
            {held > 0 && `; ${heldText(held)}`}
          </Text>
          {messages.length === 0 ? (
            <EmptyState title={isFiltered ? 'No message is like that here' : 'There is no message here'}>
              {adviceOf(details, { isFiltered, hasMore: pages.hasNextPage })}
            </EmptyState>
          ) : (
            <MessageTable label={`Messages of ${topic}`} topic={topic} messages={messages} />
          )}
          <MoreButton pages={pages} />
        </>
      )}
    </Stack>
  );
}

/** Undefined while what was typed is no place yet. */
function startOf(kind: string, at: string): MessagesFrom | undefined {
  if (kind === 'offset') return /^\d{1,18}$/.test(at) ? { kind, offset: at } : undefined;
  if (kind === 'time') {
    const time = new Date(at).getTime();
    return Number.isNaN(time) ? undefined : { kind, time };
  }
  return kind === 'earliest' ? { kind } : { kind: 'latest' };
}

function adviceOf(
  { summary: { records } }: TopicDetails,
  { isFiltered, hasMore }: { readonly isFiltered: boolean; readonly hasMore: boolean },
): string {
  if (hasMore) return 'Go on to look at more of the topic.';
  if (records === 0) return 'The topic is empty. What comes into it is in the tab Live.';
  if (isFiltered) return 'Begin at the oldest, look in all partitions, or take away key and text.';
  return 'Begin at the oldest, or look in all partitions.';
}
