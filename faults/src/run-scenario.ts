import type { FaultStack } from './fault-stack.ts';
import { judge } from './oracle.ts';
import type { Form, Scenario } from './scenario.ts';
import { World } from './world.ts';

/** One run of one scenario, as it stands in the results file. */
export interface RunResult {
  readonly scenario: string;
  readonly name: string;
  /** ISO 8601 */
  readonly startedAt: string;
  readonly seconds: number;
  readonly outageSeconds: number;
  readonly acknowledged: number;
  readonly inTable: number;
  readonly inLetters: number;
  readonly lost: number;
  readonly wrong: number;
  readonly duplicateLetters: number;
  /** s; null where no service was away. */
  readonly recoverySeconds: number | null;
  /** Why it failed, the first of each kind in words. */
  readonly problems: readonly string[];
}

/** How long a scenario may take beside the outages that it makes, and how many these are at most. */
const longestMs = 180_000;
const outagesMost = 6;
/** How long Kafka may take to acknowledge what was sent last. */
const quietMs = 60_000;
/** What is quoted of many findings of one kind. */
const quoted = 5;

export async function runScenario(
  scenario: Scenario,
  services: FaultStack,
  { form, logDir }: { readonly form: Form; readonly logDir: string },
): Promise<RunResult> {
  const startedAt = new Date();
  const started = performance.now();
  const problems: string[] = [];
  let recovery: number | undefined;
  let verdict = judge({ sent: [], topic: [], letters: [], rows: new Map(), disruptions: [] });
  const note = (error: unknown) => problems.push((error as Error).message);
  try {
    const { letter, topicConfig = {} } = scenario;
    const world = await World.open(services, { letter, logDir, topicConfig });
    try {
      const deadlineMs = longestMs + outagesMost * form.outageMs + form.soakMs;
      recovery = await within(deadlineMs, 'the scenario', scenario.run(world, form)).catch(
        (error: unknown) => {
          note(error);
          return undefined;
        },
      );
      await within(quietMs, 'what was sent', world.quiet()).catch(note);
      await world.settled().catch(note);
      verdict = judge(await world.evidence());
      problems.push(...world.watcher.violations.slice(0, quoted));
    } finally {
      await world.close();
    }
  } catch (error) {
    note(error);
  }
  const { lost, wrong, duplicateLetters } = verdict;
  problems.push(...lost.slice(0, quoted), ...wrong.slice(0, quoted), ...duplicateLetters.slice(0, quoted));
  if (verdict.acknowledged === 0) problems.push('nothing was acknowledged, so nothing was tried');
  if (recovery !== undefined && recovery > scenario.recoveryLimit)
    problems.push(`recovered after ${recovery.toFixed(1)} s, not within ${scenario.recoveryLimit} s`);
  return {
    scenario: scenario.letter,
    name: scenario.name,
    startedAt: startedAt.toISOString(),
    seconds: rounded((performance.now() - started) / 1000),
    outageSeconds: form.outageMs / 1000,
    acknowledged: verdict.acknowledged,
    inTable: verdict.inTable,
    inLetters: verdict.inLetters,
    lost: lost.length,
    wrong: wrong.length,
    duplicateLetters: duplicateLetters.length,
    recoverySeconds: recovery === undefined ? null : rounded(recovery),
    problems,
  };
}

/** A scenario that could not begin. */
export function notRun({ letter, name }: Scenario, form: Form, reason: string): RunResult {
  return {
    scenario: letter,
    name,
    startedAt: new Date().toISOString(),
    seconds: 0,
    outageSeconds: form.outageMs / 1000,
    acknowledged: 0,
    inTable: 0,
    inLetters: 0,
    lost: 0,
    wrong: 0,
    duplicateLetters: 0,
    recoverySeconds: null,
    problems: [reason],
  };
}

function rounded(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}

/** What is not over in time is left to the end of the world, which takes its processes and connections away. */
async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not over within ${ms / 1000} s: ${what}`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
