import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export type ChartColor = 'flow' | 'calm' | 'warm' | 'bad';

export interface ChartSeries {
  readonly name: string;
  readonly color: ChartColor;
  /** One for each moment; null leaves a gap. */
  readonly values: readonly (number | null)[];
}

interface TimePlotProps {
  readonly times: readonly number[];
  readonly series: readonly ChartSeries[];
  readonly format: (value: number | null | undefined) => string;
  readonly height: number;
  readonly steps: readonly number[] | undefined;
}

/** The drawing of a chart: it is made once and fed with new data, so that a new sample each second costs little. */
export default function TimePlot({ times, series, format, height, steps }: TimePlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const names = series.map(({ name, color }) => `${color} ${name}`).join('|');

  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const made = new UPlot(
      optionsOf(element, { series, format, height, steps }),
      dataOf(times, series),
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => {
      made.setSize({ width: element.clientWidth, height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
    // New data reaches the plot below; only other lines or another height need another plot.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [names, height]);

  useEffect(() => {
    plot.current?.setData(dataOf(times, series));
  }, [times, series]);

  return <div ref={place} className="chart-plot" />;
}

/** Steps of the axis of time, s. */
const timeSteps = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60),
  ...[1, 2, 3, 6, 12, 24, 48].map((hours) => hours * 3_600),
];

function dataOf(times: readonly number[], series: readonly ChartSeries[]): UPlot.AlignedData {
  return [times.map((ms) => ms / 1_000), ...series.map(({ values }) => [...values])];
}

function optionsOf(
  element: HTMLElement,
  { series, format, height, steps }: Omit<TimePlotProps, 'times'>,
): UPlot.Options {
  const styles = getComputedStyle(element);
  const color = (name: string) => styles.getPropertyValue(name).trim();
  const axis: UPlot.Axis = {
    stroke: color('--chart-text'),
    font: `11px ${styles.fontFamily}`,
    grid: { stroke: color('--chart-grid'), width: 1 },
    ticks: { show: false },
  };
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { drag: { setScale: false } },
    scales: { y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.1 : 1] } },
    axes: [
      {
        ...axis,
        size: 28,
        space: 70,
        incrs: timeSteps,
        values: (_plot, ticks, _axis, _space, step) => ticks.map((tick) => timeOf(tick, step)),
      },
      {
        ...axis,
        size: 68,
        ...(steps && { incrs: [...steps] }),
        values: (_plot, ticks) => ticks.map((tick) => format(tick)),
      },
    ],
    series: [
      {},
      ...series.map(({ name, color: tone }) => ({
        label: name,
        stroke: color(`--chart-${tone}`),
        width: 2,
        points: { show: false },
      })),
    ],
  };
}

/** A tick of the axis, given in s: the day where ticks are days apart, else the time of day. */
function timeOf(seconds: number, step: number): string {
  const date = new Date(seconds * 1_000);
  const pad = (value: number) => String(value).padStart(2, '0');
  if (step >= 86_400) return `${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  return step < 60 ? `${time}:${pad(date.getSeconds())}` : time;
}
