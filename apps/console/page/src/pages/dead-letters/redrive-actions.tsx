import { Alert, Checkbox, Group, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { LettersQuery, LetterSummary, RedriveRequest } from '../../../../src/contract/dead-letters.ts';
import type { Task } from '../../../../src/contract/tasks.ts';
import { call } from '../../api/http.ts';
import { useTask } from '../../api/queries.ts';
import { ConfirmChange } from '../../components/confirm-change.tsx';
import { OperatorButton } from '../../components/operator-button.tsx';
import { TaskProgress } from '../../components/task-progress.tsx';
import { RedriveResult } from './redrive-result.tsx';

interface RedriveActionsProps {
  /** What is sent, in words: "3 letters". */
  readonly letters: string;
  /** With none selected it counts. Default: all. */
  readonly filter?: LettersQuery;
  readonly selected: readonly Pick<LetterSummary, 'partition' | 'offset'>[];
  /** Why nothing can be sent. */
  readonly blocked?: string | undefined;
}

/** Sends the selected letters back, or all that the filter lets through. A dry run counts what would be sent. */
export function RedriveActions({ letters, filter, selected, blocked }: RedriveActionsProps) {
  const client = useQueryClient();
  const [asking, setAsking] = useState<'dry run' | 'redrive'>();
  const [restart, setRestart] = useState(false);
  const [force, setForce] = useState(false);
  const [formerTopics, setFormerTopics] = useState(false);
  const [started, setStarted] = useState<string>();
  const running = useTask(started).data;

  const request = (dryRun: boolean): RedriveRequest => ({
    ...(selected.length > 0
      ? { letters: selected.map(({ partition, offset }) => ({ partition, offset })) }
      : filter),
    dryRun,
    ...(restart ? { restart } : {}),
    ...(force ? { force } : {}),
    ...(formerTopics ? { formerTopics } : {}),
    confirm: true,
  });
  const start = async () => {
    const task: Task = await call('POST /api/dead-letters/redrive', { body: request(asking === 'dry run') });
    client.setQueryData(['task', task.id], task);
    setStarted(task.id);
    await client.invalidateQueries({ queryKey: ['tasks'] });
  };

  return (
    <Stack gap="xs" className="redrive">
      <Group gap="xs" className="actions">
        <OperatorButton
          variant="default"
          blocked={blocked}
          onClick={() => {
            setAsking('dry run');
          }}
        >
          Dry run
        </OperatorButton>
        <OperatorButton
          blocked={blocked}
          onClick={() => {
            setAsking('redrive');
          }}
        >
          Redrive {letters}
        </OperatorButton>
      </Group>
      <ConfirmChange
        opened={asking !== undefined}
        title={asking === 'dry run' ? `Try with ${letters}?` : `Redrive ${letters}?`}
        action={asking === 'dry run' ? 'Try it' : 'Redrive'}
        onConfirm={start}
        onClose={() => {
          setAsking(undefined);
        }}
      >
        <Stack gap="sm">
          {asking === 'dry run' ? (
            <Text size="sm">Nothing is sent: the letters are read and what would be sent is counted.</Text>
          ) : (
            <Text size="sm">
              Each goes back to{' '}
              {formerTopics ? 'the partition of its key' : 'the partition that it came from'}, with its own
              write timestamp: what was written since stays. A record that is refused again comes back as
              another letter.
            </Text>
          )}
          <Checkbox
            label="Also what an earlier redrive of the same has sent"
            checked={restart}
            onChange={(event) => {
              setRestart(event.currentTarget.checked);
            }}
          />
          <Checkbox
            label="Also letters older than the table remembers deletes"
            description="An old record could bring back a row that was deleted since."
            checked={force}
            onChange={(event) => {
              setForce(event.currentTarget.checked);
            }}
          />
          <Checkbox
            label="Only dead letters of earlier topics of this name"
            description="These topics were deleted. Otherwise their dead letters are left out."
            checked={formerTopics}
            onChange={(event) => {
              setFormerTopics(event.currentTarget.checked);
            }}
          />
        </Stack>
      </ConfirmChange>
      {running && running.state !== 'running' && (
        <Alert
          color={running.state === 'done' ? 'teal' : 'orange'}
          variant="light"
          withCloseButton
          closeButtonLabel="Dismiss"
          title={running.dryRun ? 'The dry run is done' : 'The redrive has ended'}
          onClose={() => {
            setStarted(undefined);
          }}
        >
          <RedriveResult task={running} />
        </Alert>
      )}
      {running?.state === 'running' && <TaskProgress task={running} />}
    </Stack>
  );
}
