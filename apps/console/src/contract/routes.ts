import type { Static, TSchema } from 'typebox';
import { Exactly, Confirmed } from './common.ts';
import { AuditRequest, ChangeList, ChangesQuery } from './audits.ts';
import { DeadLetters, Letter, LetterPage, LettersQuery, RedriveRequest } from './dead-letters.ts';
import {
  GroupDetails,
  GroupList,
  GroupParams,
  ResetPlan,
  ResetPreviewRequest,
  ResetRequest,
} from './groups.ts';
import { Health } from './health.ts';
import { DagParams, DagRun, Jobs, TriggerRequest } from './jobs.ts';
import { History, HistoryQuery, Overview } from './overview.ts';
import {
  CompatibilityAnswer,
  CompatibilityRequest,
  SubjectDetails,
  SubjectList,
  SubjectParams,
} from './schemas.ts';
import { Login, Session } from './session.ts';
import { Task, TaskList, TaskParams, TaskQuery } from './tasks.ts';
import {
  Message,
  MessageQuery,
  MessagesPage,
  MessagesQuery,
  TopicDetails,
  TopicList,
  TopicParams,
  Trace,
  TraceQuery,
} from './topics.ts';
import { UserAnswer, UserLookup, UserPage, UsersQuery } from './users.ts';

/**
 * Who may call a route. `change`: operators only, needs `confirm: true` in the body, and is written to the audit log. All but GET need the
 * header `x-sluice-console: 1`, which another site cannot send.
 */
type Access = 'anyone' | 'viewer' | 'change';

interface Route {
  readonly access: Access;
  /** In one line, for the OpenAPI document. */
  readonly summary: string;
  readonly params?: TSchema;
  readonly query?: TSchema;
  readonly body?: TSchema;
  /** Of 200. */
  readonly response: TSchema;
}

const route = <const R extends Route>(definition: R): R => definition;

/** Every route of the API by method and address. Streams of events (`/api/live`, `.../tail`) are beside it: see live.ts, topics.ts. */
export const routes = {
  'GET /api/session': route({ access: 'anyone', summary: 'who is logged in', response: Session }),
  'POST /api/session': route({
    access: 'anyone',
    summary: 'log in by token',
    body: Login,
    response: Session,
  }),
  'DELETE /api/session': route({ access: 'anyone', summary: 'log out', response: Session }),

  'GET /api/overview': route({ access: 'viewer', summary: 'the flow as it is now', response: Overview }),
  'GET /api/history': route({
    access: 'viewer',
    summary: 'figures over time',
    query: HistoryQuery,
    response: History,
  }),

  'GET /api/topics': route({ access: 'viewer', summary: 'all topics', response: TopicList }),
  'GET /api/topics/:topic': route({
    access: 'viewer',
    summary: 'a topic with its partitions and settings',
    params: TopicParams,
    response: TopicDetails,
  }),
  'POST /api/topics/:topic/messages': route({
    access: 'viewer',
    summary: 'messages of a topic by offset, time, key or text',
    params: TopicParams,
    body: MessagesQuery,
    response: MessagesPage,
  }),
  'POST /api/topics/:topic/message': route({
    access: 'viewer',
    summary: 'one message',
    params: TopicParams,
    body: MessageQuery,
    response: Message,
  }),
  'POST /api/topics/:topic/trace': route({
    access: 'viewer',
    summary: 'where a record went',
    params: TopicParams,
    body: TraceQuery,
    response: Trace,
  }),

  'GET /api/groups': route({ access: 'viewer', summary: 'all consumer groups', response: GroupList }),
  'GET /api/groups/:group': route({
    access: 'viewer',
    summary: 'a group with its members and lag',
    params: GroupParams,
    response: GroupDetails,
  }),
  'POST /api/groups/:group/reset/preview': route({
    access: 'viewer',
    summary: 'what a reset would read again or skip',
    params: GroupParams,
    body: ResetPreviewRequest,
    response: ResetPlan,
  }),
  'POST /api/groups/:group/reset': route({
    access: 'change',
    summary: 'set the offsets of a group without members',
    params: GroupParams,
    body: ResetRequest,
    response: ResetPlan,
  }),

  'GET /api/dead-letters': route({
    access: 'viewer',
    summary: 'dead letters by code and stage, and over time',
    response: DeadLetters,
  }),
  'POST /api/dead-letters/search': route({
    access: 'viewer',
    summary: 'letters by filter',
    body: LettersQuery,
    response: LetterPage,
  }),
  'POST /api/dead-letters/letter': route({
    access: 'viewer',
    summary: 'one letter in full, beside its schema',
    body: MessageQuery,
    response: Letter,
  }),
  'POST /api/dead-letters/redrive': route({
    access: 'change',
    summary: 'send letters back, or count what would be sent; 409 while another redrive runs',
    body: RedriveRequest,
    response: Task,
  }),

  'GET /api/tasks': route({
    access: 'viewer',
    summary: 'redrives and audits, newest first',
    query: TaskQuery,
    response: TaskList,
  }),
  'GET /api/tasks/:id': route({ access: 'viewer', summary: 'one task', params: TaskParams, response: Task }),
  'POST /api/tasks/:id/stop': route({
    access: 'change',
    summary: 'stop a task that runs',
    params: TaskParams,
    body: Exactly(Confirmed),
    response: Task,
  }),

  'GET /api/schemas': route({ access: 'viewer', summary: 'all subjects', response: SubjectList }),
  'GET /api/schemas/:subject': route({
    access: 'viewer',
    summary: 'the versions of a subject',
    params: SubjectParams,
    response: SubjectDetails,
  }),
  'POST /api/schemas/:subject/compatibility': route({
    access: 'viewer',
    summary: 'whether a schema could be the next version',
    params: SubjectParams,
    body: CompatibilityRequest,
    response: CompatibilityAnswer,
  }),

  'POST /api/users/lookup': route({
    access: 'viewer',
    summary: 'the row of a user',
    body: UserLookup,
    response: UserAnswer,
  }),
  'POST /api/users/page': route({
    access: 'viewer',
    summary: 'rows, page by page',
    body: UsersQuery,
    response: UserPage,
  }),

  'POST /api/audits': route({
    access: 'change',
    summary: 'start an audit; 409 while another runs',
    body: AuditRequest,
    response: Task,
  }),
  'GET /api/changes': route({
    access: 'viewer',
    summary: 'what operators changed and revealed',
    query: ChangesQuery,
    response: ChangeList,
  }),

  'GET /api/jobs': route({ access: 'viewer', summary: 'Airflow runs and Spark progress', response: Jobs }),
  'POST /api/jobs/:dag/trigger': route({
    access: 'change',
    summary: 'start a run of a DAG',
    params: DagParams,
    body: TriggerRequest,
    response: DagRun,
  }),

  'GET /api/health': route({ access: 'viewer', summary: 'servers, apps and this console', response: Health }),
};

type Routes = typeof routes;
export type RouteName = keyof Routes;

type Part<R, K extends string> = R extends Record<K, infer S extends TSchema> ? Static<S> : undefined;

/** What a route takes; a part that it does not take is undefined. */
export interface RequestOf<Name extends RouteName> {
  readonly params: Part<Routes[Name], 'params'>;
  readonly query: Part<Routes[Name], 'query'>;
  readonly body: Part<Routes[Name], 'body'>;
}

export type ResponseOf<Name extends RouteName> = Static<Routes[Name]['response']>;
