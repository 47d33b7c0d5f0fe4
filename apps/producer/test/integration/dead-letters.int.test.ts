import { type ConsumedRecord, deadLetterHeaders, lastHeader, sluiceHeaders } from '@sluice/kafka-client';
import { afterEach, describe, expect, it } from 'vitest';
import { ProducerFixture } from '../producer-fixture.ts';

let fixture: ProducerFixture;
afterEach(() => fixture.remove());

const about = ({ headers }: ConsumedRecord) =>
  Object.fromEntries(
    Object.entries(deadLetterHeaders).map(([name, header]) => [
      name,
      lastHeader(headers, header)?.toString(),
    ]),
  );
const userIn = ({ value }: ConsumedRecord) =>
  JSON.parse(value!.toString()) as { email: string; login?: Record<string, string> };

describe('a user that cannot be mapped', () => {
  it('is dead-lettered with its fault and without a place, once; the others are published', async () => {
    fixture = await ProducerFixture.create();
    await fixture.plan({ kind: 'bad-user', after: 1, count: 2 });
    const producer = fixture.start(['run', '--count', '40', '--json'], { SOURCE_PAGE_SIZE: '10' });
    expect(await producer.ended).toBe(0);
    expect(producer.summary).toMatchObject({ fetched: 40, produced: 38, deadLettered: 2 });
    expect(await fixture.records()).toHaveLength(38);
    const said = await producer.logged('not valid');
    expect(said).toMatchObject({ level: 'warn', code: 'uuid:missing', count: 1 });
    expect(producer.stderr).not.toContain('@example.com');

    const letters = await fixture.records(fixture.deadLetterTopic);
    expect(letters).toHaveLength(2);
    for (const letter of letters) {
      expect(letter.key).toBeNull();
      expect(about(letter)).toEqual({
        stage: 'source',
        errorCode: 'uuid:missing',
        errorMessage: expect.stringContaining('uuid'),
        sourceTopic: fixture.topic,
        sourcePartition: '-1',
        sourceOffset: expect.stringMatching(/^\d{16}$/),
        sourceTimestamp: expect.stringMatching(/^\d{13}$/),
        pipeline: fixture.topic,
      });
      expect(userIn(letter).email).toContain('@');
    }
    expect(new Set(letters.map((letter) => about(letter)['sourceOffset'])).size).toBe(2);
  });
});

it('dead letters are counted by a metric', async () => {
  fixture = await ProducerFixture.create();
  await fixture.plan({ kind: 'bad-user', after: 1, count: 2 });
  const producer = fixture.start(['serve'], { SOURCE_PAGE_SIZE: '10' });
  await producer.until(async () => {
    expect(await producer.metric('result="dead_lettered"')).toBe(2);
  });
  producer.kill('SIGTERM');
  expect(await producer.ended).toBe(0);
});

describe('a user that the broker refuses', () => {
  it.each([
    ['drop', []],
    ['sha256', ['salt', 'sha256']],
    ['plaintext', ['password']],
  ])(
    'is dead-lettered as the source gave it, but with PASSWORD_POLICY=%s keeps of the password only %j',
    async (policy, kept) => {
      fixture = await ProducerFixture.create({ topicConfig: { 'max.message.bytes': '200' } });
      const producer = fixture.start(['run', '--count', '3', '--json'], { PASSWORD_POLICY: policy });
      expect(await producer.ended).toBe(0);
      expect(producer.summary).toMatchObject({ fetched: 3, produced: 0, deadLettered: 3 });
      const letters = await fixture.records(fixture.deadLetterTopic);
      expect(letters).toHaveLength(3);
      for (const letter of letters) {
        expect(about(letter)).toMatchObject({ stage: 'source', errorCode: 'record-refused' });
        const { login = {} } = userIn(letter);
        expect(letter.key?.toString()).toBe(login['uuid']);
        expect(Object.keys(login).toSorted()).toEqual([...kept, 'username', 'uuid'].toSorted());
        expect(lastHeader(letter.headers, sluiceHeaders.writeTimestamp)).toBeDefined();
      }
    },
  );

  it('is not given up where the dead letters refuse it, too: the run ends with 1 and says why', async () => {
    fixture = await ProducerFixture.create({
      topicConfig: { 'max.message.bytes': '200' },
      deadLetterTopicConfig: { 'max.message.bytes': '200' },
    });
    const producer = fixture.start(['run', '--count', '3']);
    expect(await producer.ended).toBe(1);
    expect(producer.stderr).toMatch(
      /producer: 3 user\(s\) can be sent neither as messages nor to the dead letters, users-.*\.dlq:/,
    );
  });
});

it('the topic of the dead letters has to be there before anything is sent', async () => {
  fixture = await ProducerFixture.create();
  const producer = fixture.start(['run', '--count', '1'], { KAFKA_DLQ_TOPIC: 'nobody-made-these' });
  expect(await producer.ended).toBe(1);
  expect(producer.stderr).toContain('topic nobody-made-these does not exist. Run `npx nx run stream-writer');
  expect(await fixture.records()).toEqual([]);
});
