import { Group, Select, Stack, Text } from '@mantine/core';
import { diffLines } from 'diff';
import { useMemo } from 'react';
import type { SubjectDetails } from '../../../../src/contract/schemas.ts';
import { EmptyState } from '../../components/states.tsx';
import { useParameter } from '../../components/use-parameter.ts';

interface Line {
  readonly change: 'added' | 'removed' | 'same' | 'folded';
  readonly text: string;
}

const signs = { added: '+', removed: '−', same: '', folded: '' } as const;
/** Equal lines that are shown around those that differ. */
const CONTEXT = 4;

/** What changed from one version to another, line by line. */
export default function Difference({ details: { versions } }: { readonly details: SubjectDetails }) {
  const [oldText, setOld] = useParameter('from');
  const [newText, setNew] = useParameter('to');
  const older = versions.find(({ version }) => String(version) === oldText) ?? versions.at(-2);
  const newer = versions.find(({ version }) => String(version) === newText) ?? versions.at(-1);
  const lines = useMemo(() => linesOf(older?.avsc ?? '', newer?.avsc ?? ''), [older, newer]);
  if (!older || !newer) {
    return (
      <EmptyState title="There is one version only">
        A difference is shown as soon as a second version is registered.
      </EmptyState>
    );
  }
  const choices = versions.map(({ version }) => String(version));
  const changes = lines.filter(({ change }) => change === 'added' || change === 'removed').length;
  return (
    <Stack gap="md">
      <Group gap="md" align="flex-end">
        <Select
          label="From version"
          allowDeselect={false}
          data={choices}
          w={130}
          value={String(older.version)}
          onChange={(value) => {
            setOld(value ?? '');
          }}
        />
        <Select
          label="To version"
          allowDeselect={false}
          data={choices}
          w={130}
          value={String(newer.version)}
          onChange={(value) => {
            setNew(value ?? '');
          }}
        />
        <Text size="sm" c="dimmed" role="status">
          {changes === 0 ? 'No line differs' : `${changes} lines differ`}
        </Text>
      </Group>
      <div className="record-text" tabIndex={0} role="region" aria-label="Difference">
        {lines.map(({ change, text }, index) => (
          <div key={index} className="diff-line" data-change={change}>
            <span aria-label={signs[change] ? change : undefined} role={signs[change] ? 'img' : undefined}>
              {signs[change]}
            </span>
            <span>{text || ' '}</span>
          </div>
        ))}
      </div>
    </Stack>
  );
}

function linesOf(older: string, newer: string): readonly Line[] {
  return diffLines(older, newer).flatMap(({ added, removed, value }, index, parts) => {
    const texts = value.replace(/\n$/, '').split('\n');
    if (added || removed) return texts.map((text): Line => ({ change: added ? 'added' : 'removed', text }));
    return folded(texts, index === 0, index === parts.length - 1);
  });
}

/** Equal lines: those next to a change, and how many are left out between. */
function folded(texts: readonly string[], first: boolean, last: boolean): readonly Line[] {
  const same = (text: string): Line => ({ change: 'same', text });
  const [before, after] = [first ? 0 : CONTEXT, last ? 0 : CONTEXT];
  const left = texts.length - before - after;
  if (left < 2) return texts.map(same);
  return [
    ...texts.slice(0, before).map(same),
    { change: 'folded', text: `… ${left} equal lines` },
    ...texts.slice(texts.length - after).map(same),
  ];
}
