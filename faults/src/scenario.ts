import type { StackKind } from './fault-stack.ts';
import type { World } from './world.ts';

/** How long and how often faults are made: shorter in the run that is part of every check. */
export interface Form {
  /** How long a server is away, ms. */
  readonly outageMs: number;
  /** How long the steady run lasts, ms; 0: there is none. */
  readonly soakMs: number;
}

/** One way in which things break, and what is promised then beyond what the oracle judges in every scenario. */
export interface Scenario {
  /** As in the list of scenarios: a, b, c. */
  readonly letter: string;
  readonly name: string;
  readonly stack: StackKind;
  /** From the moment a service answers again to the first record written after it, s, at most. */
  readonly recoveryLimit: number;
  /** Configuration of the topic, where it needs another than `migrate` gives it. */
  readonly topicConfig?: Readonly<Record<string, string>>;
  /**
   * Breaks things. When it returns, a writer runs that can come up to the end of the topic; lag, readiness and what the oracle
   * judges are looked at then. Throws where something is not as promised.
   *
   * @returns the longest recovery, s; undefined where no service was away
   */
  run(world: World, form: Form): Promise<number | undefined>;
}
