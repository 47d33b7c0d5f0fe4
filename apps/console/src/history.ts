import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { History as HistoryAnswer } from './contract/overview.ts';
import type { Task } from './contract/tasks.ts';
import { StateError, unusable } from './state-error.ts';

/** Figures of one moment, by the name of the series. Null: not known. */
export type Figures = Readonly<Record<string, number | null>>;

const secondMs = 1_000;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** How long figures are kept, by the length of their step. */
const kept = new Map([
  [secondMs, hourMs],
  [minuteMs, 7 * 24 * hourMs],
]);
/** Tasks that are kept, of each kind. */
const keptTasks = 200;

interface Sums {
  minute: number;
  readonly series: Map<string, { sum: number; count: number }>;
}

/** Of SQLite: SQLITE_CORRUPT and SQLITE_NOTADB, https://www.sqlite.org/rescode.html */
const damaged: readonly unknown[] = [11, 26];

/**
 * A small memory of figures: every second of the last hour, and every minute (the mean) of the last 7 days; and of what operators
 * started. In one SQLite file, which may be deleted while the console is stopped.
 */
export class History {
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #insert: StatementSync;
  readonly #select: StatementSync;
  readonly #delete: StatementSync;
  readonly #ids = new Map<string, number>();
  #sums: Sums | undefined;

  /**
   * @param file a path, or `:memory:`
   * @throws StateError where it cannot be used; so do the methods that read tasks and figures
   */
  static open(file: string): History {
    return explained(file, () => new History(file));
  }

  private constructor(file: string) {
    this.#file = file;
    if (file !== ':memory:') {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      // what audits found names keys: for the owner alone, also in a folder that others may look into
      closeSync(openSync(file, 'a', 0o600));
    }
    this.#database = new DatabaseSync(file);
    this.#database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA auto_vacuum = INCREMENTAL;
      CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
      CREATE TABLE IF NOT EXISTS figures (
        step INTEGER NOT NULL, series INTEGER NOT NULL, time INTEGER NOT NULL, value REAL NOT NULL,
        PRIMARY KEY (step, time, series)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS tasks (id TEXT PRIMARY KEY, kind TEXT NOT NULL, started INTEGER NOT NULL, json TEXT NOT NULL);
    `);
    this.#insert = this.#database.prepare(
      'INSERT OR REPLACE INTO figures (step, series, time, value) VALUES (?, ?, ?, ?)',
    );
    this.#select = this.#database.prepare(
      'SELECT time, value FROM figures WHERE step = ? AND series = ? AND time >= ? AND time <= ?',
    );
    this.#delete = this.#database.prepare('DELETE FROM figures WHERE step = ? AND time < ?');
    for (const { id, name } of this.#database.prepare('SELECT id, name FROM series').all())
      this.#ids.set(String(name), Number(id));
  }

  /** Adds the figures of a moment, ms since the epoch. Moments come in order. */
  add(time: number, figures: Figures): void {
    const second = Math.floor(time / secondMs) * secondMs;
    const minute = Math.floor(time / minuteMs) * minuteMs;
    this.#database.exec('BEGIN');
    try {
      if (this.#sums && this.#sums.minute !== minute) this.#endMinute(this.#sums, time);
      this.#sums ??= { minute, series: new Map() };
      for (const [name, value] of Object.entries(figures)) {
        if (value === null || !Number.isFinite(value)) continue;
        this.#insert.run(secondMs, this.#id(name), second, value);
        const sums = this.#sums.series.get(name) ?? { sum: 0, count: 0 };
        this.#sums.series.set(name, { sum: sums.sum + value, count: sums.count + 1 });
      }
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** Series from one moment to another, ms since the epoch. Names without figures are left out of `partitionLag`, else all null. */
  read(
    names: readonly string[],
    { from, to, stepMs }: { from: number; to: number; stepMs: number },
  ): HistoryAnswer {
    return explained(this.#file, () => this.#read(names, { from, to, stepMs }));
  }

  #read(
    names: readonly string[],
    { from, to, stepMs }: { from: number; to: number; stepMs: number },
  ): HistoryAnswer {
    const first = Math.floor(from / stepMs) * stepMs;
    const count = Math.max(0, Math.floor((to - first) / stepMs) + 1);
    const values: Record<string, (number | null)[]> = {};
    for (const name of names) {
      const column = new Array<number | null>(count).fill(null);
      const id = this.#ids.get(name);
      if (id !== undefined)
        for (const { time, value } of this.#select.all(stepMs, id, first, to)) {
          const at = (Number(time) - first) / stepMs;
          if (at >= 0 && at < count) column[at] = Number(value);
        }
      values[name] = column;
    }
    const times = Array.from({ length: count }, (_, at) => first + at * stepMs);
    return { stepMs, from: first, to, times, values };
  }

  /** Names of all series that begin so. */
  namesOf(prefix: string): string[] {
    return [...this.#ids.keys()].filter((name) => name.startsWith(prefix));
  }

  saveTask(task: Task): void {
    explained(this.#file, () => {
      this.#saveTask(task);
    });
  }

  #saveTask(task: Task): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO tasks (id, kind, started, json) VALUES (?, ?, ?, ?)')
      .run(task.id, task.kind, task.startedAt, JSON.stringify(task));
    this.#database
      .prepare(
        'DELETE FROM tasks WHERE kind = ? AND id NOT IN (SELECT id FROM tasks WHERE kind = ? ORDER BY started DESC LIMIT ?)',
      )
      .run(task.kind, task.kind, keptTasks);
  }

  /** Newest first. */
  tasks(): Task[] {
    return explained(this.#file, () =>
      this.#database
        .prepare('SELECT json FROM tasks ORDER BY started DESC')
        .all()
        .map(({ json }) => JSON.parse(String(json)) as Task),
    );
  }

  /** Bytes on disk. */
  get bytes(): number {
    if (this.#file === ':memory:') return 0;
    return statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
  }

  get file(): string {
    return this.#file;
  }

  close(): void {
    this.#database.close();
  }

  #endMinute({ minute, series }: Sums, now: number): void {
    for (const [name, { sum, count }] of series)
      this.#insert.run(minuteMs, this.#id(name), minute, sum / count);
    this.#sums = undefined;
    for (const [step, keptMs] of kept) this.#delete.run(step, now - keptMs);
  }

  #id(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const { lastInsertRowid } = this.#database.prepare('INSERT INTO series (name) VALUES (?)').run(name);
    const id = Number(lastInsertRowid);
    this.#ids.set(name, id);
    return id;
  }
}

/** What SQLite says, with the file and what to do about it. */
function explained<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { errcode, message } = error as Error & { errcode?: number };
    // the low byte is the primary code
    if (error instanceof SyntaxError || (errcode !== undefined && damaged.includes(errcode & 0xff)))
      throw new StateError(`${file} is damaged (${message})`, {
        action: `stop the console, move the file and those beside it (-wal, -shm) away, and start it again: it held the figures of the last 7 days and the results of tasks, nothing else`,
        cause: error,
      });
    if (errcode === undefined && (error as NodeJS.ErrnoException).code === undefined) throw error;
    // SQLITE_FULL
    throw unusable(
      file,
      'written',
      errcode === undefined ? error : { code: (errcode & 0xff) === 13 ? 'ENOSPC' : message },
    );
  }
}
