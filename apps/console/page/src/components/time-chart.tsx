import { Box, Group, Text, useComputedColorScheme } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { ChartSeries } from './time-plot.tsx';

// The plotting library is loaded when the first chart is shown.
const TimePlot = lazy(() => import('./time-plot.tsx'));

interface TimeChartProps {
  /** What the chart shows, also for those who cannot see it. */
  readonly label: string;
  /** Moments in ms since 1970, ascending. */
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly format: (value: number | null | undefined) => string;
  readonly height?: number;
  /** Steps that the scale may have, ascending. Default: round numbers. */
  readonly steps?: readonly number[];
}

/** Lines over time, with their newest values as text above them. */
export function TimeChart({ label, times, series, format, height = 200, steps }: TimeChartProps) {
  // Also a change of the system's theme is one: the drawing takes its colours when it is made.
  const theme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const newest = series.map(({ name, values }) => `${name} ${format(newestOf(values))}`).join(', ');
  return (
    <Box component="figure" m={0} role="img" aria-label={`${label}: newest ${newest}`}>
      <Group gap="md" mb={6} justify="space-between">
        <Text size="sm" fw={600}>
          {label}
        </Text>
        <Group gap="sm">
          {series.map(({ name, color, values }) => (
            <Group key={name} gap={6} wrap="nowrap">
              <span className={`chart-key chart-key-${color}`} aria-hidden />
              <Text size="xs" c="dimmed">
                {name}
              </Text>
              <Text size="xs" fw={600} className="figure-value">
                {format(newestOf(values))}
              </Text>
            </Group>
          ))}
        </Group>
      </Group>
      <Box h={height}>
        {times.length < 2 ? (
          <Text size="sm" c="dimmed" pt={height / 3} ta="center">
            The first samples come within seconds.
          </Text>
        ) : (
          <Suspense fallback={null}>
            <TimePlot
              key={theme}
              times={times}
              series={series}
              format={format}
              height={height}
              steps={steps}
            />
          </Suspense>
        )}
      </Box>
    </Box>
  );
}

/** The value of now; the newest second may not be known yet. */
function newestOf(values: ChartSeries['values']): number | null {
  return values.slice(-3).findLast((value) => value !== null) ?? null;
}
