import type { GroupDescription } from 'kafkajs';
import { kafkaJs } from './kafkajs-patches.ts';

/** What kafkajs' consumers, and so those of this library, agree on. */
const ownProtocol = 'RoundRobinAssigner';

/**
 * Names the members of a group that are no consumers of a topic by this library's protocol, as `client at host (topics: others)`. Such a
 * member is given partitions of the topic that nobody reads then, or keeps those of the topic out of the group.
 */
export function foreignMembers(
  { protocolType, protocol, members }: GroupDescription,
  topic: string,
): readonly string[] {
  const isOther = protocolType !== 'consumer' || (protocol !== '' && protocol !== ownProtocol);
  return members.flatMap(({ clientId, clientHost, memberMetadata }) => {
    const topics = isOther ? undefined : subscribedTopics(memberMetadata);
    if (!isOther && (topics === undefined || topics.includes(topic))) return [];
    const what = topics ? `topics: ${topics.join(', ')}` : `protocol: ${protocol || protocolType}`;
    return `${clientId} at ${clientHost.replace(/^\//, '')} (${what})`;
  });
}

/** Undefined where the brokers do not say, as while the group rebalances. */
function subscribedTopics(metadata: Buffer): readonly string[] | undefined {
  if (metadata.length === 0) return undefined;
  return kafkaJs().AssignerProtocol.MemberMetadata.decode(metadata)?.topics;
}
