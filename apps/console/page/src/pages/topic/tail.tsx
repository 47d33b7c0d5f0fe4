import { Badge, Button, Group, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Message, TailEvent } from '../../../../src/contract/topics.ts';
import { addressOf } from '../../api/http.ts';
import { type Connection, LiveStream } from '../../api/live-stream.ts';
import { heldText, plural } from '../../components/format.ts';
import { MessageTable } from '../../components/message-table.tsx';
import { EmptyState } from '../../components/states.tsx';

/** Messages on the page; older ones give way. */
const KEPT = 500;

const words = { connecting: 'Connecting', live: 'Following', lost: 'Connection lost, trying again' } as const;

/** What comes into a topic, as it comes: the newest first. */
export default function Tail({ topic }: { readonly topic: string }) {
  const [following, setFollowing] = useState(true);
  const [connection, setConnection] = useState<Connection>('connecting');
  const [messages, setMessages] = useState<readonly Message[]>([]);
  const [skipped, setSkipped] = useState(0);
  const [held, setHeld] = useState(0);

  useEffect(() => {
    if (!following) return undefined;
    const stream = new LiveStream({
      address: addressOf('/api/topics/:topic/tail', { topic }),
      events: ['messages'],
      onConnection: setConnection,
      onEvent: (_name, data) => {
        const event = data as TailEvent;
        setSkipped((before) => before + event.skipped);
        setHeld(event.held);
        setMessages((before) => [...event.messages.toReversed(), ...before].slice(0, KEPT));
      },
    });
    return () => {
      stream.close();
    };
  }, [topic, following]);

  return (
    <Stack gap="md">
      <Group gap="sm">
        <Button
          variant="default"
          onClick={() => {
            setFollowing(!following);
          }}
        >
          {following ? 'Hold' : 'Follow'}
        </Button>
        <Badge
          variant="dot"
          size="lg"
          tt="none"
          color={following && connection === 'live' ? 'teal' : 'gray'}
          className="state-badge"
        >
          {following ? words[connection] : 'Held'}
        </Badge>
        <Text size="sm" c="dimmed">
          {plural(messages.length, 'message')}
          {skipped > 0 && `; ${plural(skipped, 'message')} came too fast to be shown`}
          {held > 0 && `; ${heldText(held)}`}
        </Text>
      </Group>
      {messages.length === 0 ? (
        <EmptyState title="Nothing came yet">
          New messages appear here as they come. The others are in the tab Messages.
        </EmptyState>
      ) : (
        <MessageTable label={`What comes into ${topic}`} topic={topic} messages={messages} />
      )}
    </Stack>
  );
}
