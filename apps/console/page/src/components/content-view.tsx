import { Alert, Badge, Button, Group, Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import type { Content, Message } from '../../../src/contract/topics.ts';
import { formatBytes } from './format.ts';

interface ContentViewProps {
  readonly label: string;
  readonly content: Content;
  /** Asks for all of a content that was cut. */
  readonly onLoadAll?: (() => void) | undefined;
  readonly loading?: boolean;
}

/** Bytes of the largest value that the console decodes. */
const LOADABLE = 16 * 1024 * 1024;

/** Whether something of a message is masked. */
export function isMasked(message: Pick<Message, 'key' | 'value' | 'headers'> | undefined): boolean {
  if (message === undefined) return false;
  return message.key.masked || message.value.masked || message.headers.some(({ value }) => value.masked);
}

/** A key, value or header's value: what it is, and its text. */
export function ContentView({ label, content, onLoadAll, loading = false }: ContentViewProps) {
  const { format, text, bytes, cut, masked, schemaId, undecodable } = content;
  return (
    <Stack gap={6}>
      <Group gap="xs">
        <Text fw={600} size="sm">
          {label}
        </Text>
        <Badge variant="default" tt="none">
          {format}
        </Badge>
        {schemaId !== null && (
          <Badge variant="default" tt="none">
            schema {schemaId}
          </Badge>
        )}
        <Text size="xs" c="dimmed">
          {formatBytes(bytes)}
        </Text>
        {masked && (
          <Badge variant="default" tt="none">
            personal fields masked
          </Badge>
        )}
      </Group>
      {undecodable !== null && (
        <Alert color="orange" variant="light" p="xs">
          <Text size="sm" className="wrap-anywhere">
            {text !== '' && `${notDecoded(content)}: `}
            {undecodable}
          </Text>
        </Alert>
      )}
      {format === 'null' ? (
        <Text size="sm" c="dimmed">
          null: there is none
        </Text>
      ) : (
        text !== '' && <LongText label={label} text={text} />
      )}
      {cut && (
        <Group gap="sm">
          <Text size="sm" c="dimmed">
            {text !== '' && 'This is its beginning: it has '}
            {text === '' &&
              ((bytes ?? 0) > LOADABLE ? 'Too large to show: it has ' : 'Too long to show at once: it has ')}
            {formatBytes(bytes)}.
          </Text>
          {onLoadAll && (bytes ?? 0) <= LOADABLE && (
            <Button size="xs" variant="default" loading={loading} onClick={onLoadAll}>
              Load all of it
            </Button>
          )}
        </Group>
      )}
    </Stack>
  );
}

/** How a content is shown that could not be decoded. */
function notDecoded({ format, masked }: Content): string {
  if (masked) return 'Not decoded';
  return format === 'binary' ? 'Shown as bytes' : 'Shown as it is';
}

/** Characters of one block of a long text. */
const BLOCK = 16_384;

/** Text as it is, of any length: it comes in blocks, of which the browser lays out only those in sight. */
function LongText({ label, text }: { readonly label: string; readonly text: string }) {
  const blocks = useMemo(() => blocksOf(text), [text]);
  return (
    <pre className="record-text" tabIndex={0} aria-label={label} role="region">
      {blocks.map((block, index) => (
        <span key={index} className={blocks.length > 1 ? 'record-block' : undefined}>
          {block}
        </span>
      ))}
    </pre>
  );
}

/** Cut after a line's end where there is one near. */
function blocksOf(text: string): readonly string[] {
  const blocks: string[] = [];
  let start = 0;
  while (text.length - start > BLOCK) {
    const newline = text.lastIndexOf('\n', start + BLOCK);
    const end = newline > start ? newline + 1 : start + BLOCK;
    blocks.push(text.slice(start, end));
    start = end;
  }
  blocks.push(text.slice(start));
  return blocks;
}
