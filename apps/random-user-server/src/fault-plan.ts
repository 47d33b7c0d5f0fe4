import { type Fault, type FaultKind, faultKinds } from './faults.ts';

/** `count` requests in a row that get a fault, once `after` more have been answered. */
export interface PlannedFault extends Fault {
  readonly count: number;
  readonly after: number;
}

/** The faults of the next requests, in the order in which they were asked for. */
export class FaultPlan {
  readonly #planned: { fault: PlannedFault; after: number; count: number }[] = [];
  readonly #given = new Map<FaultKind, number>();
  #requests = 0;

  add(fault: PlannedFault): void {
    this.#planned.push({ fault, after: fault.after, count: fault.count });
  }

  /** Forgets what has not been given yet. */
  clear(): void {
    this.#planned.length = 0;
  }

  /** Counts a request for users and says what it gets: the fault that it asks for, the one whose turn it is, or none. */
  next(asked: Fault | undefined): Fault | undefined {
    this.#requests += 1;
    const fault = asked ?? this.#take();
    if (fault) this.#given.set(fault.kind, (this.#given.get(fault.kind) ?? 0) + 1);
    return fault;
  }

  /** Requests for users so far, the faults among them by kind, and the faults still to come. */
  report() {
    return {
      requests: this.#requests,
      given: Object.fromEntries(this.#given),
      waiting: this.#planned.map(({ fault, after, count }) => ({ ...fault, after, count })),
    };
  }

  #take(): Fault | undefined {
    const [head] = this.#planned;
    if (!head) return undefined;
    if (head.after > 0) {
      head.after -= 1;
      return undefined;
    }
    head.count -= 1;
    if (head.count === 0) this.#planned.shift();
    return head.fault;
  }
}

/** What is wrong with a fault that was asked for. */
class BadFault extends Error {
  readonly code = 'bad-fault';
  readonly statusCode = 400;
}

/**
 * Reads the body of `POST /faults`.
 * @throws BadFault naming every problem
 */
export function parsePlannedFault(body: unknown): PlannedFault {
  if (typeof body !== 'object' || body === null)
    throw new BadFault('needs a JSON object such as {"kind":"500"}');
  const { kind, retryAfter, count = 1, after = 0, ...unknown } = body as Record<string, unknown>;
  const problems = [
    ...kindProblems(kind),
    ...retryAfterProblems(kind, retryAfter),
    ...(isWhole(count, 1) ? [] : ['count needs a whole number, 1 or more']),
    ...(isWhole(after, 0) ? [] : ['after needs a whole number, 0 or more']),
    ...Object.keys(unknown).map((name) => `${name} is not known`),
  ];
  if (problems.length > 0) throw new BadFault(problems.join('; '));
  return { ...faultOf(kind, retryAfter), count: count as number, after: after as number };
}

/**
 * Reads `fault` and `retry-after` of a query; undefined when it asks for no fault.
 * @throws BadFault naming every problem
 */
export function faultIn(query: Readonly<Record<string, unknown>>): Fault | undefined {
  const { fault: kind, 'retry-after': retryAfterText } = query;
  if (kind === undefined) return undefined;
  const retryAfter = retryAfterText === undefined ? undefined : Number(retryAfterText);
  const problems = [...kindProblems(kind), ...retryAfterProblems(kind, retryAfter)];
  if (problems.length > 0) throw new BadFault(problems.join('; '));
  return faultOf(kind, retryAfter);
}

function faultOf(kind: unknown, retryAfter: unknown): Fault {
  return {
    kind: kind as FaultKind,
    ...(retryAfter === undefined ? {} : { retryAfter: retryAfter as number }),
  };
}

function kindProblems(kind: unknown): string[] {
  return faultKinds.some((known) => known === kind) ? [] : [`kind needs one of ${faultKinds.join(', ')}`];
}

function retryAfterProblems(kind: unknown, retryAfter: unknown): string[] {
  if (retryAfter === undefined) return [];
  if (kind !== '429') return ['retryAfter goes with kind 429 only'];
  return isWhole(retryAfter, 0) ? [] : ['retryAfter needs a whole number of seconds'];
}

function isWhole(value: unknown, min: number): boolean {
  return Number.isInteger(value) && (value as number) >= min;
}
