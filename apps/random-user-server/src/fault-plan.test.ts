import { describe, expect, it } from 'vitest';
import { faultIn, FaultPlan, parsePlannedFault } from './fault-plan.ts';
import { faultKinds } from './faults.ts';

const kindsOf = (plan: FaultPlan, requests: number) =>
  Array.from({ length: requests }, () => plan.next(undefined)?.kind);

describe('FaultPlan', () => {
  it('gives each fault its count of requests, in order, then none', () => {
    const plan = new FaultPlan();
    plan.add({ kind: '500', count: 2, after: 0 });
    plan.add({ kind: 'hang', count: 1, after: 0 });
    expect(kindsOf(plan, 5)).toEqual(['500', '500', 'hang', undefined, undefined]);
  });

  it('answers as many requests as `after` says in between', () => {
    const plan = new FaultPlan();
    plan.add({ kind: '500', count: 1, after: 2 });
    plan.add({ kind: 'cut', count: 1, after: 1 });
    expect(kindsOf(plan, 6)).toEqual([undefined, undefined, '500', undefined, 'cut', undefined]);
  });

  it('gives a request the fault that it asks for, and keeps the planned one for the next', () => {
    const plan = new FaultPlan();
    plan.add({ kind: '500', count: 1, after: 0 });
    expect(plan.next({ kind: 'html' })?.kind).toBe('html');
    expect(kindsOf(plan, 2)).toEqual(['500', undefined]);
  });

  it('reports requests, faults given and faults to come, and forgets those when cleared', () => {
    const plan = new FaultPlan();
    plan.add({ kind: '429', retryAfter: 3, count: 3, after: 1 });
    kindsOf(plan, 3);
    expect(plan.report()).toEqual({
      requests: 3,
      given: { '429': 2 },
      waiting: [{ kind: '429', retryAfter: 3, count: 1, after: 0 }],
    });
    plan.clear();
    expect(plan.report()).toEqual({ requests: 3, given: { '429': 2 }, waiting: [] });
    expect(kindsOf(plan, 1)).toEqual([undefined]);
  });
});

describe('parsePlannedFault', () => {
  it.each(faultKinds)('takes %s once and at once, unless told', (kind) => {
    expect(parsePlannedFault({ kind })).toEqual({ kind, count: 1, after: 0 });
  });

  it('takes everything that can be told', () => {
    const fault = { kind: '429', retryAfter: 0, count: 7, after: 2 };
    expect(parsePlannedFault(fault)).toEqual(fault);
  });

  it('names every problem at once', () => {
    expect(() => parsePlannedFault({ kind: '418', count: 0, after: -1, retryAfter: 1, often: true })).toThrow(
      /kind needs one of 429, .*; retryAfter goes with kind 429 only; count .*; after .*; often is not known/,
    );
    expect(() => parsePlannedFault({ kind: '429', retryAfter: 1.5 })).toThrow(/whole number of seconds/);
    expect(() => parsePlannedFault(null)).toThrow(/JSON object/);
  });
});

describe('faultIn', () => {
  it('reads the fault of a query', () => {
    expect(faultIn({})).toBeUndefined();
    expect(faultIn({ fault: 'outage' })).toEqual({ kind: 'outage' });
    expect(faultIn({ fault: '429', 'retry-after': '2' })).toEqual({ kind: '429', retryAfter: 2 });
  });

  it('refuses what it does not know', () => {
    expect(() => faultIn({ fault: 'fire' })).toThrow(/kind needs one of/);
    expect(() => faultIn({ fault: '429', 'retry-after': 'soon' })).toThrow(/seconds/);
  });
});
