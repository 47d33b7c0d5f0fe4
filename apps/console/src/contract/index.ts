/** The HTTP contract of the console: what the server's routes are made of, and the page is written against (types alone). */
export type { AuditRequest, Change, ChangeList, ChangesQuery } from './audits.ts';
export type { ErrorBody, Exact, Instant, Problem, Role } from './common.ts';
export type {
  DeadLetters,
  Letter,
  LetterGroup,
  LetterPage,
  LetterQuery,
  LettersQuery,
  LetterSummary,
  RedriveRequest,
} from './dead-letters.ts';
export type {
  GroupDetails,
  GroupList,
  GroupPartition,
  GroupSummary,
  ResetPlan,
  ResetPreviewRequest,
  ResetRequest,
  ResetTarget,
} from './groups.ts';
export type { AppHealth, Health } from './health.ts';
export type { Dag, DagRun, Jobs, TriggerRequest } from './jobs.ts';
export type { LiveEvents } from './live.ts';
export type { History, HistoryQuery, HistorySeries, Overview, PartState, Pause } from './overview.ts';
export { type RequestOf, type ResponseOf, type RouteName, routes, type Routes } from './routes.ts';
export type { CompatibilityAnswer, CompatibilityRequest, SubjectDetails, SubjectList } from './schemas.ts';
export type { Login, Session } from './session.ts';
export type { Task, TaskList } from './tasks.ts';
export type {
  Content,
  Header,
  Message,
  MessageQuery,
  MessagesFrom,
  MessagesPage,
  MessagesQuery,
  TailEvent,
  TopicDetails,
  TopicList,
  TopicPartition,
  TopicSetting,
  TopicSummary,
  Trace,
} from './topics.ts';
export type { User, UserAnswer, UserField, UserLookup, UserPage, UsersQuery } from './users.ts';
