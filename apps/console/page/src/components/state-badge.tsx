import { Badge } from '@mantine/core';
import type { PartState } from '../../../src/contract/overview.ts';

const words = {
  ok: { color: 'teal', text: 'running' },
  idle: { color: 'gray', text: 'idle' },
  paused: { color: 'orange', text: 'paused' },
  absent: { color: 'red', text: 'not running' },
  away: { color: 'red', text: 'not reachable' },
} as const;

export function stateText(state: PartState): string {
  return words[state].text;
}

export function StateBadge({ state }: { readonly state: PartState }) {
  const { color, text } = words[state];
  return (
    <Badge color={color} variant="light" size="sm" tt="none" className="state-badge">
      {text}
    </Badge>
  );
}
