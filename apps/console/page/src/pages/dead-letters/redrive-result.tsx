import { Text } from '@mantine/core';
import type { Task } from '../../../../src/contract/tasks.ts';
import { formatCount } from '../../components/format.ts';

const reasons: Readonly<Record<string, string>> = {
  'former-topic': 'of an earlier topic of this name',
};

/** What a redrive did, or would do, in one line. */
export function RedriveResult({ task: { redrive, dryRun } }: { readonly task: Task }) {
  if (!redrive) return null;
  const { read, selected, sent, parked, expired, rejected, skipped } = redrive;
  const parts = [
    `${formatCount(read)} read`,
    `${formatCount(selected)} selected`,
    dryRun ? 'none sent' : `${formatCount(sent)} sent`,
    ...(parked > 0 ? [`${formatCount(parked)} parked: sent back too often`] : []),
    ...(expired > 0 ? [`${formatCount(expired)} too old`] : []),
    ...(rejected > 0 ? [`${formatCount(rejected)} refused by Kafka`] : []),
    ...Object.entries(skipped)
      .filter(([, count]) => count > 0)
      .map(([reason, count]) => `${formatCount(count)} left out (${reasons[reason] ?? reason})`),
  ];
  return (
    <Text size="sm" className="wrap-anywhere">
      {parts.join(' · ')}
    </Text>
  );
}
