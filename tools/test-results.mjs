// What the test runners of the projects leave behind, vitest or pytest, as one shape.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Where the results of a project's tests go, by the kind of project. */
export function resultsOf(folder) {
  const python = existsSync(join(folder, 'requirements.lock'));
  return join(folder, 'test-results', python ? 'pytest.xml' : 'vitest.json');
}

/** Removes the results of an earlier run. */
export function forgetResults(folder) {
  rmSync(resultsOf(folder), { force: true });
}

/**
 * The results of a project's tests: how many passed and failed, and of each fault where it is and what it says. A fault outside of the
 * tests, and tests that did not run, count as one failure.
 *
 * @returns {{ passed: number, failed: number, faults: { where: string, message?: string }[] }}
 */
export function readResults(folder) {
  const results = resultsOf(folder);
  if (!existsSync(results)) return { passed: 0, failed: 1, faults: [{ where: 'its tests did not run' }] };
  const text = readFileSync(results, 'utf8');
  return results.endsWith('.xml') ? fromPytest(text) : fromVitest(folder, JSON.parse(text));
}

function fromVitest(folder, { numPassedTests, numFailedTests, success, testResults }) {
  const faults = [];
  let failed = numFailedTests;
  for (const file of testResults) {
    const path = relative(folder, file.name);
    const failures = file.assertionResults.filter(({ status }) => status === 'failed');
    for (const { fullName, failureMessages } of failures)
      faults.push({ where: `${path}: ${fullName}`, message: failureMessages.join('\n') });
    if (file.status === 'failed' && failures.length === 0) {
      faults.push({ where: `${path}: ${file.message.split('\n')[0]}` });
      if (numFailedTests === 0) failed += 1;
    }
  }
  if (!success && numFailedTests === 0 && testResults.every(({ status }) => status !== 'failed')) {
    faults.push({ where: 'the run failed outside of its tests' });
    failed += 1;
  }
  return { passed: numPassedTests, failed, faults };
}

/** JUnit's XML as pytest writes it. A skipped test is a failed one: a test that does not run protects nothing. */
function fromPytest(xml) {
  const faults = [];
  let passed = 0;
  for (const [, attributes, content = ''] of xml.matchAll(
    /<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    const fault = /<(failure|error|skipped)\b([^>]*)>?/.exec(content);
    if (!fault) {
      passed += 1;
      continue;
    }
    const [, kind, details] = fault;
    const name = `${attributeOf(attributes, 'classname')}: ${attributeOf(attributes, 'name')}`;
    faults.push({
      where: kind === 'skipped' ? `${name} was skipped` : name,
      message: attributeOf(details, 'message'),
    });
  }
  // An empty run is a mistake in what is run.
  if (passed + faults.length === 0) faults.push({ where: 'it has no tests' });
  return { passed, failed: faults.length, faults };
}

const entities = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function attributeOf(attributes, name) {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? '';
  return value.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (whole, decimal, hex, entity) => {
    if (decimal ?? hex) return String.fromCodePoint(decimal ? Number(decimal) : Number.parseInt(hex, 16));
    return entities[entity] ?? whole;
  });
}
