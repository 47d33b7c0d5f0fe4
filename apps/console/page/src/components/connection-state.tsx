import { Alert, Badge } from '@mantine/core';
import { useConnection, useOverview } from '../api/live.ts';
import { formatMoment } from './format.ts';

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

/** Says on every page that what it shows is of an earlier time. */
export function StaleNotice() {
  const connection = useConnection();
  const newest = useOverview();
  if (connection !== 'lost') return null;
  return (
    <Alert color="red" variant="light" title="The console’s server does not answer" mb="md">
      What is shown here {newest ? `is of ${formatMoment(newest.at)}` : 'may be old'}. It goes on by itself as
      soon as the server answers again; see that it runs.
    </Alert>
  );
}
