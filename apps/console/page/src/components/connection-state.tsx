import { Badge } from '@mantine/core';
import { useConnection } from '../api/live.ts';

const words = {
  connecting: { color: 'gray', text: 'Connecting' },
  live: { color: 'teal', text: 'Live' },
  lost: { color: 'red', text: 'Connection lost' },
} as const;

/** Whether the figures on the page are of now. A lost connection is tried again by itself. */
export function ConnectionState() {
  const { color, text } = words[useConnection()];
  return (
    <Badge
      color={color}
      variant="dot"
      size="lg"
      tt="none"
      fw={500}
      role="status"
      aria-live="polite"
      className="state-badge"
    >
      {text}
    </Badge>
  );
}
