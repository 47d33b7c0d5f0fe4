import { describe, expect, it } from 'vitest';
import { nationalityCodes } from './nationalities.ts';
import { parseQuery } from './query.ts';
import { userFields } from './user.ts';

describe('parseQuery', () => {
  it('has the defaults of the API', () => {
    expect(parseQuery({})).toEqual({
      results: 1,
      page: 1,
      seed: undefined,
      nats: nationalityCodes,
      gender: undefined,
      password: undefined,
      fields: userFields,
      info: true,
      format: 'json',
    });
  });

  it.each([
    ['1', 1],
    ['5000', 5000],
    ['5001', 1],
    ['0', 1],
    ['-3', 1],
    ['2.5', 1],
    ['ten', 1],
    ['', 1],
  ])('takes results=%s as %d', (results, expected) => {
    expect(parseQuery({ results }).results).toBe(expected);
  });

  it.each([
    ['3', 3],
    ['10000', 10_000],
    ['10001', 1],
    ['-1', 1],
  ])('takes page=%s as %d', (page, expected) => {
    expect(parseQuery({ page }).page).toBe(expected);
  });

  it('takes nationalities in any case, and all of them when one is unknown', () => {
    expect(parseQuery({ nat: 'gb, US' }).nats).toEqual(['GB', 'US']);
    expect(parseQuery({ nat: 'gb,xx' }).nats).toEqual(nationalityCodes);
    expect(parseQuery({ nat: ',' }).nats).toEqual(nationalityCodes);
    expect(parseQuery({ nat: 'toString' }).nats).toEqual(nationalityCodes);
  });

  it('takes a gender where there is no seed', () => {
    expect(parseQuery({ gender: 'female' }).gender).toBe('female');
    expect(parseQuery({ gender: 'male', seed: '' }).gender).toBe('male');
    expect(parseQuery({ gender: 'male', seed: 'abc' }).gender).toBeUndefined();
    expect(parseQuery({ gender: 'Male' }).gender).toBeUndefined();
  });

  it('takes a format by either of its names', () => {
    expect(parseQuery({ format: 'YAML' }).format).toBe('yaml');
    expect(parseQuery({ fmt: 'csv' }).format).toBe('csv');
  });

  it('includes, excludes, or both, in the order of the API and without unknown fields', () => {
    expect(parseQuery({ inc: 'nat,Name,shoe' }).fields).toEqual(['name', 'nat']);
    expect(parseQuery({ exc: 'login,location' }).fields).toEqual(
      userFields.filter((field) => field !== 'login' && field !== 'location'),
    );
    expect(parseQuery({ inc: 'name,nat', exc: 'nat' }).fields).toEqual(['name']);
  });

  it('leaves out the info block when noinfo is there, whatever its value', () => {
    expect(parseQuery({ noinfo: '' }).info).toBe(false);
  });

  it('lets the last of a repeated parameter count', () => {
    expect(parseQuery({ results: ['2', '7'] }).results).toBe(7);
  });
});
