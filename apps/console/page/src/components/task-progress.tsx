import { Badge, Group, Progress, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { Task } from '../../../src/contract/tasks.ts';
import { call } from '../api/http.ts';
import { ConfirmChange } from './confirm-change.tsx';
import { formatCount } from './format.ts';
import { OperatorButton } from './operator-button.tsx';
import { ProblemAlert } from './problem-alert.tsx';

const colors = { running: 'blue', done: 'teal', stopped: 'gray', failed: 'red' } as const;

export function TaskState({ state }: { readonly state: Task['state'] }) {
  return (
    <Badge color={colors[state]} variant="light" tt="none" className="state-badge">
      {state}
    </Badge>
  );
}

/** How far a redrive or an audit is, and what went wrong with it. */
export function TaskProgress({ task }: { readonly task: Task }) {
  const [stopping, setStopping] = useState(false);
  const { id, kind, state, title, progress, problem } = task;
  const { phase, done, total } = progress;
  const share = total > 0 ? Math.min(100, (done / total) * 100) : state === 'running' ? 0 : 100;
  return (
    <Stack gap="xs">
      <Group gap="xs" justify="space-between">
        <Group gap="xs">
          <TaskState state={state} />
          <Text size="sm" fw={600} className="wrap-anywhere">
            {title}
          </Text>
        </Group>
        {state === 'running' && (
          <OperatorButton
            size="xs"
            variant="default"
            onClick={() => {
              setStopping(true);
            }}
          >
            Stop
          </OperatorButton>
        )}
      </Group>
      <Progress value={share} aria-label={`Progress of the ${kind}`} animated={state === 'running'} />
      <Text size="sm" c="dimmed" role="status">
        {phase}
        {total > 0 && `: ${formatCount(done)} of ${formatCount(total)}`}
      </Text>
      {problem && <ProblemAlert what={`The ${kind} failed`} problem={problem} />}
      <ConfirmChange
        opened={stopping}
        title={`Stop the ${kind}?`}
        action="Stop it"
        onConfirm={() => call('POST /api/tasks/:id/stop', { params: { id }, body: { confirm: true } })}
        onClose={() => {
          setStopping(false);
        }}
      >
        {kind === 'redrive'
          ? 'What was sent stays sent; the rest stays in the dead letters, and a later redrive of the same goes on there.'
          : 'An audit changes nothing; a stopped one has no result.'}
      </ConfirmChange>
    </Stack>
  );
}
