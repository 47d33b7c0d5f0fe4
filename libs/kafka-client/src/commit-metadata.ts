/** What a commit says of itself besides its offset. */
export interface CommitMetadata {
  /** Timestamp of the record before the offset, ms. */
  readonly lastTimestamp?: number;
  /** Id of the topic that the offset is of. */
  readonly topicId?: string;
}

const format = /^(?<timestamp>\d{1,15})?(?:;(?<id>[\w-]{22}))?$/;

/** `<timestamp>;<topic id>`, each left out where it is unknown. Before topic ids it was the timestamp alone. */
export function commitMetadata(lastTimestamp: number | undefined, topicId: string | undefined): string {
  return `${lastTimestamp ?? ''}${topicId === undefined ? '' : `;${topicId}`}`;
}

/** Other clients may have committed something else, or nothing. */
export function readCommitMetadata(metadata: string | null): CommitMetadata {
  const { timestamp, id } = format.exec(metadata ?? '')?.groups ?? {};
  return {
    ...(timestamp !== undefined && { lastTimestamp: Number(timestamp) }),
    ...(id !== undefined && { topicId: id }),
  };
}
