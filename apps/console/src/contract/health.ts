import { Type } from 'typebox';
import { Instant, Nullable, Problem } from './common.ts';

const Setting = Type.Object({ name: Type.String(), value: Type.String() });

export const AppHealth = Type.Object({
  /** `producer`, `stream-writer`, `spark`. */
  app: Type.String(),
  url: Type.String(),
  state: Type.Union([Type.Literal('ready'), Type.Literal('waiting'), Type.Literal('absent')]),
  reasons: Type.Array(Type.String()),
  /** What holds back records although it is ready, as sentences. */
  degraded: Type.Array(Type.String()),
  version: Nullable(Type.String()),
  startedAt: Nullable(Instant),
  /** Share of one core over the last seconds; bytes. */
  cpu: Nullable(Type.Number()),
  memory: Nullable(Type.Number()),
  settings: Type.Array(Setting),
});
export type AppHealth = Type.Static<typeof AppHealth>;

export const Health = Type.Object({
  at: Instant,
  kafka: Type.Object({
    problem: Nullable(Problem),
    cluster: Nullable(Type.String()),
    controller: Nullable(Type.Integer()),
    brokers: Type.Array(Type.Object({ id: Type.Integer(), address: Type.String() })),
    underReplicated: Nullable(Type.Integer()),
    offline: Nullable(Type.Integer()),
  }),
  registry: Type.Object({
    configured: Type.Boolean(),
    problem: Nullable(Problem),
    url: Nullable(Type.String()),
    subjects: Nullable(Type.Integer()),
  }),
  cassandra: Type.Object({
    problem: Nullable(Problem),
    cluster: Nullable(Type.String()),
    nodes: Type.Array(
      Type.Object({
        address: Type.String(),
        dataCenter: Type.String(),
        rack: Type.String(),
        version: Type.String(),
        up: Type.Boolean(),
      }),
    ),
  }),
  apps: Type.Array(AppHealth),
  console: Type.Object({
    version: Type.String(),
    node: Type.String(),
    startedAt: Instant,
    cpu: Nullable(Type.Number()),
    memory: Type.Number(),
    viewers: Type.Integer(),
    historyFile: Type.String(),
    historyBytes: Type.Number(),
    /** Without secrets. */
    settings: Type.Array(Setting),
  }),
});
export type Health = Type.Static<typeof Health>;
