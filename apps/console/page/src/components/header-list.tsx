import { Stack, Text } from '@mantine/core';
import type { Message } from '../../../src/contract/topics.ts';
import { Facts } from './facts.tsx';
import { plural } from './format.ts';

type Headers = Pick<Message, 'headers' | 'headersLeftOut'>;

/** The headers of a message, in their order; names may repeat. */
export function HeaderList({ headers, headersLeftOut }: Headers) {
  return (
    <Stack gap={6}>
      <Text fw={600} size="sm">
        Headers
      </Text>
      {headers.length === 0 ? (
        <Text size="sm" c="dimmed">
          {headersLeftOut === null ? 'not read' : 'none'}
        </Text>
      ) : (
        <Facts facts={headers.map(({ name, value }, index) => [index, name, textOf(value)])} />
      )}
      {headersLeftOut !== null && headersLeftOut > 0 && (
        <Text size="sm" c="dimmed">
          {plural(headersLeftOut, 'more header')} not shown.
        </Text>
      )}
    </Stack>
  );
}

function textOf({ format, text, cut }: Headers['headers'][number]['value']): string {
  if (format === 'null') return 'null';
  return cut ? `${text}…` : text;
}
