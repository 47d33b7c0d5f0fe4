import { Alert, Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { ResetPlan, ResetTarget } from '../../../../src/contract/groups.ts';
import { ApiError, call } from '../../api/http.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { formatCount, plural } from '../../components/format.ts';
import { ErrorState } from '../../components/states.tsx';
import { exactColumn, figureColumn } from '../../components/number-columns.ts';

interface ResetOffsetsProps {
  readonly opened: boolean;
  readonly group: string;
  readonly topics: readonly string[];
  readonly onClose: () => void;
}

const kinds = [
  { value: 'earliest', label: 'the oldest record' },
  { value: 'latest', label: 'the newest record' },
  { value: 'time', label: 'a time' },
  { value: 'offset', label: 'an offset' },
];

/** Sets a stopped group's offsets: first a preview of what is read again and what is skipped, then the change. */
export function ResetOffsets({ opened, group, topics, onClose }: ResetOffsetsProps) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={`Reset the offsets of ${group}`}
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <ResetForm group={group} topics={topics} onClose={onClose} />
    </Modal>
  );
}

function ResetForm({ group, topics, onClose }: Omit<ResetOffsetsProps, 'opened'>) {
  const [topic, setTopic] = useState(topics[0] ?? '');
  const [kind, setKind] = useState('earliest');
  const [at, setAt] = useState('');
  const [plan, setPlan] = useState<ResetPlan>();
  const [failure, setFailure] = useState<Error>();
  const [busy, setBusy] = useState(false);

  const to = targetOf(kind, at);
  const params = { group };
  const attempt = async (request: () => Promise<ResetPlan>) => {
    setBusy(true);
    setFailure(undefined);
    try {
      setPlan(await request());
    } catch (error) {
      setFailure(error instanceof Error ? error : new Error(String(error)));
      // The group moved since the preview: what was shown holds no longer.
      if (error instanceof ApiError && error.status === 409) setPlan(undefined);
    } finally {
      setBusy(false);
    }
  };
  const preview = (target: ResetTarget) =>
    attempt(() => call('POST /api/groups/:group/reset/preview', { params, body: { topic, to: target } }));
  const apply = (target: ResetTarget, { partitions }: ResetPlan) =>
    attempt(() =>
      call('POST /api/groups/:group/reset', {
        params,
        body: {
          topic,
          to: target,
          expected: partitions.map(({ partition, committed, to: offset }) => ({
            partition,
            committed,
            to: offset,
          })),
          confirm: true,
        },
      }),
    );

  return (
    <Stack gap="md">
      <Group gap="sm" align="flex-end" className="fields">
        <Select
          label="Topic"
          data={[...topics]}
          value={topic}
          allowDeselect={false}
          onChange={(value) => {
            setTopic(value ?? '');
            setPlan(undefined);
          }}
        />
        <Select
          label="To"
          data={kinds}
          value={kind}
          allowDeselect={false}
          onChange={(value) => {
            setKind(value ?? 'earliest');
            setPlan(undefined);
          }}
        />
        {(kind === 'time' || kind === 'offset') && (
          <TextInput
            label={kind === 'time' ? 'Time' : 'Offset in each partition'}
            {...(kind === 'time' ? { type: 'datetime-local', step: 1 } : { inputMode: 'numeric' as const })}
            value={at}
            onChange={(event) => {
              setAt(event.currentTarget.value);
              setPlan(undefined);
            }}
          />
        )}
        <Button
          variant="default"
          disabled={!to}
          loading={busy && !plan}
          onClick={() => to && void preview(to)}
        >
          Preview
        </Button>
      </Group>
      {failure && <ErrorState title="The offsets cannot be reset" error={failure} />}
      {plan && <Plan plan={plan} />}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          {plan?.applied ? 'Close' : 'Cancel'}
        </Button>
        {plan && !plan.applied && plan.blocked === null && to && (
          <Button color="red" loading={busy} onClick={() => void apply(to, plan)}>
            Reset the offsets
          </Button>
        )}
      </Group>
    </Stack>
  );
}

type PlannedPartition = ResetPlan['partitions'][number];

const columns: readonly Column<PlannedPartition>[] = [
  {
    key: 'partition',
    title: 'Partition',
    width: [92, 1],
    render: ({ partition }) => partition,
  },
  exactColumn({
    key: 'committed',
    title: 'Now at',
    width: [100, 1],
    value: ({ committed }) => committed,
    format: (committed) => (committed === null ? 'nowhere' : formatCount(committed)),
  }),
  exactColumn({
    key: 'to',
    title: 'Then at',
    width: [100, 1],
    value: ({ to }) => to,
    format: formatCount,
  }),
  figureColumn({
    key: 'rereads',
    title: 'Read again',
    width: [100, 1],
    value: ({ rereads }) => rereads,
    format: formatCount,
  }),
  figureColumn({
    key: 'skips',
    title: 'Skipped',
    width: [90, 1],
    value: ({ skips }) => skips,
    format: formatCount,
  }),
];

function Plan({ plan }: { readonly plan: ResetPlan }) {
  const { blocked, applied, partitions, rereads, skips } = plan;
  return (
    <Stack gap="sm">
      {applied && (
        <Alert color="teal" variant="light" title="The offsets are reset" role="status">
          The group goes on from there when its members start.
        </Alert>
      )}
      {blocked !== null && (
        <Alert color="orange" variant="light" title="It cannot be done now" role="status">
          {blocked}
        </Alert>
      )}
      {!applied && (
        <Text size="sm">
          {plural(rereads, 'record')} {rereads === 1 ? 'is' : 'are'} read again, {plural(skips, 'record')}{' '}
          {skips === 1 ? 'is' : 'are'} skipped. Reading again leaves the same rows: a row holds the newest
          version of its key.
        </Text>
      )}
      {!applied && skips > 0 && (
        <Alert color="red" variant="light">
          Skipped records are not written to the table.
        </Alert>
      )}
      <DataTable
        label="What the reset does"
        columns={columns}
        rows={partitions}
        rowKey={({ partition }) => String(partition)}
        rowHeight={36}
        maxHeight={260}
      />
    </Stack>
  );
}

/** Undefined while what was typed is no place yet. */
function targetOf(kind: string, at: string): ResetTarget | undefined {
  if (kind === 'offset') return /^\d{1,18}$/.test(at.trim()) ? { kind, offset: at.trim() } : undefined;
  if (kind === 'time') {
    const time = new Date(at).getTime();
    return Number.isNaN(time) ? undefined : { kind, time };
  }
  return kind === 'latest' ? { kind } : { kind: 'earliest' };
}
