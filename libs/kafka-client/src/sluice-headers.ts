/**
 * Headers that Sluice gives meaning to. Numbers are ASCII decimal.
 *
 * - `writeTimestamp`: microseconds since the epoch, the write timestamp of the row
 * - `eventTime`: milliseconds since the epoch, the time of the first record where this one was sent again
 * - `sourceOffset`: offset of the first record where this one was sent again
 * - `redriveCount`: how often a dead letter was sent back
 */
export const sluiceHeaders = {
  writeTimestamp: 'sluice.write-timestamp',
  eventTime: 'sluice.event-time',
  sourceOffset: 'sluice.source-offset',
  redriveCount: 'sluice.redrive-count',
} as const;
