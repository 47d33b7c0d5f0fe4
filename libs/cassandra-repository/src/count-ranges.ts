import { CassandraError } from './errors.ts';

/** The tokens of the Murmur3 partitioner. No row has the first one. */
const firstToken = -(2n ** 63n);
const lastToken = 2n ** 63n - 1n;

const initialRanges = 16n;
const atOnce = 4;
/** A range this small that still times out is no longer a matter of its size. */
const smallestRange = 2n ** 40n;

/** Counts the rows whose token is above `after` and not above `last`. */
type CountRange = (after: bigint, last: bigint) => Promise<number>;

/** Counts all rows by ranges of tokens, a few at once; a range that times out is halved and counted again. */
export async function countByRanges(countRange: CountRange): Promise<number> {
  const width = (lastToken - firstToken) / initialRanges + 1n;
  const ranges: [after: bigint, last: bigint][] = [];
  for (let after = firstToken; after < lastToken; after += width) {
    ranges.push([after, after + width < lastToken ? after + width : lastToken]);
  }
  let total = 0;
  const countSome = async () => {
    for (let range = ranges.shift(); range; range = ranges.shift()) {
      const counted = await countOrHalve(countRange, ...range);
      total += counted;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, countSome));
  return total;
}

async function countOrHalve(countRange: CountRange, after: bigint, last: bigint): Promise<number> {
  try {
    return await countRange(after, last);
  } catch (error) {
    const tooLarge =
      error instanceof CassandraError && (error.code === 'timeout' || error.code === 'read-failure');
    if (!tooLarge || last - after < smallestRange) throw error;
    const middle = after + (last - after) / 2n;
    const lower = await countOrHalve(countRange, after, middle);
    return lower + (await countOrHalve(countRange, middle, last));
  }
}
