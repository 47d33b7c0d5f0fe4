import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { LocalStackError } from './errors.ts';

/** Which JDKs a service runs on, by major version. */
export interface JavaVersions {
  /** Who asks, for the error message: "Cassandra 5.0.9". */
  readonly service: string;
  readonly from: number;
  /** The first version that is too new. */
  readonly before?: number;
}

/** The java program of a JDK that the service runs on. */
export async function requireJava(javaHome: string | undefined, versions: JavaVersions): Promise<string> {
  const program = javaHome === undefined ? 'java' : join(javaHome, 'bin', 'java');
  const wanted = `${versions.service} needs JDK ${versions.from}`;
  const remedy = 'install JDK 17 (Debian: openjdk-17-jdk-headless) and put it on the PATH or in JAVA_HOME';
  const output = await versionOutput(program, (cause) => {
    throw new LocalStackError('java-missing', `${wanted}, but ${program} cannot be run: ${remedy}`, {
      cause,
    });
  });
  const major = javaMajor(output);
  if (major === undefined) {
    throw new LocalStackError(
      'java-missing',
      `${wanted}, but ${program} -version names no version: ${remedy}`,
    );
  }
  if (major < versions.from || (versions.before !== undefined && major >= versions.before)) {
    const limit = versions.before === undefined ? 'or later' : `to ${versions.before - 1}`;
    throw new LocalStackError(
      'java-unsupported',
      `${wanted} ${limit}, but ${program} is ${major}: ${remedy}`,
    );
  }
  return program;
}

/** 17 from `openjdk version "17.0.15"`, 8 from `java version "1.8.0_402"`. */
export function javaMajor(versionOutput: string): number | undefined {
  const match = /version "(?:1\.)?(\d+)/.exec(versionOutput);
  return match ? Number(match[1]) : undefined;
}

function versionOutput(program: string, onMissing: (cause: Error) => never): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    const child = spawn(program, ['-version'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('close', () => {
      resolve(output);
    });
  }).catch(onMissing);
}
