import { Code, Text } from '@mantine/core';
import { Fragment } from 'react';

/** A sentence of the server, with its commands, which stand between backticks, as such. */
export function Sentence({ text }: { readonly text: string }) {
  return (
    <Text size="sm" className="wrap-anywhere sentence">
      {text
        .split('`')
        .map((part, index) =>
          index % 2 === 1 ? <Code key={index}>{part}</Code> : <Fragment key={index}>{part}</Fragment>,
        )}
    </Text>
  );
}
