/**
 * What the start commands of the apps set: they stay near 150 MB with this heap. Its short collections are done sooner by the
 * thread that runs than by several that wait for each other where the services want the cores, too; its long ones, which look at
 * all of the program each time, come half as often where the heap may grow by half.
 */
export const leanHeap: readonly string[] = [
  '--max-semi-space-size=4',
  '--max-old-space-size=96',
  '--no-parallel-scavenge',
  '--heap-growing-percent=50',
];
/** That of `stream-writer audit`, which keeps keys in memory. */
export const auditHeap: readonly string[] = ['--max-semi-space-size=16', '--max-old-space-size=160'];
