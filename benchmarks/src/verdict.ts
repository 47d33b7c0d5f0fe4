/** One goal, and whether it was met. */
export interface Verdict {
  readonly what: string;
  readonly value: number;
  readonly goal: number;
  readonly bound: 'at least' | 'at most';
  readonly unit: string;
  readonly digits: number;
  readonly met: boolean;
}

interface Figure {
  readonly value: number;
  readonly goal: number;
  /** Written behind the value. Default: nothing. */
  readonly unit?: string;
  /** Default 2. */
  readonly digits?: number;
}

export function atLeast(what: string, { value, goal, unit = '', digits = 2 }: Figure): Verdict {
  return { what, value, goal, unit, digits, bound: 'at least', met: value >= goal };
}

export function atMost(what: string, { value, goal, unit = '', digits = 2 }: Figure): Verdict {
  return { what, value, goal, unit, digits, bound: 'at most', met: value <= goal };
}

/** As `writer at 91% of the ceiling (goal: at least 85%)`; a goal that was missed is named so. */
export function describeVerdict({ what, value, goal, bound, unit, digits, met }: Verdict): string {
  return `${met ? '' : 'MISSED '}${what} ${value.toFixed(digits)}${unit} (goal: ${bound} ${goal}${unit})`;
}

/** One line for all goals. */
export function describeVerdicts(benchmark: string, verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0) return `${benchmark}: done, it has no goals`;
  const missed = verdicts.filter(({ met }) => !met).length;
  const summary = missed === 0 ? 'goals met' : `${missed} of ${verdicts.length} goals missed`;
  return `${benchmark}: ${summary}: ${verdicts.map(describeVerdict).join('; ')}`;
}
