/** The heap that the start commands of the apps set: they stay under 150 MB with it. */
export const leanHeap: readonly string[] = ['--max-semi-space-size=4', '--max-old-space-size=96'];
/** That of `stream-writer audit`, which keeps keys in memory. */
export const auditHeap: readonly string[] = ['--max-semi-space-size=16', '--max-old-space-size=160'];
