import { MalformedError } from './malformed.ts';

/*
 * https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and lz4_Block_format.md
 */
const magic = 0x184d2204;
const independentBlocks = 0x20;
const blockChecksums = 0x10;
const contentSize = 0x08;
const dictionaryId = 0x01;
const uncompressedBlock = 0x80000000;
const minMatch = 4;
/** How far back a match may reach. */
const windowBytes = 64 * 1024;

interface FrameHeader {
  readonly maxBlockBytes: number;
  readonly linked: boolean;
  readonly hasBlockChecksums: boolean;
  /** Where the first block begins. */
  readonly end: number;
}

/** The most that a frame can decompress to, by the number of its blocks; what it claims itself is not used. @throws MalformedError */
export function maxLz4Output(bytes: Buffer): number {
  const header = readHeader(bytes);
  let size = 0;
  for (const { isCompressed, data } of blocksOf(bytes, header))
    size += isCompressed ? header.maxBlockBytes : data.length;
  return size;
}

/**
 * The content of a frame, block by block. The library that reads whole frames has no limit, and none of its parts reads blocks that
 * refer to those before them. Checksums of blocks are not looked at: the batch has its own.
 *
 * @throws MalformedError
 */
export function* lz4Blocks(bytes: Buffer): Generator<Buffer> {
  const header = readHeader(bytes);
  let window: Buffer = Buffer.alloc(0);
  for (const { data, isCompressed } of blocksOf(bytes, header)) {
    if (!isCompressed && data.length > header.maxBlockBytes) throw malformed();
    const output = isCompressed ? decompressBlock(data, window, header.maxBlockBytes) : data;
    yield output;
    if (header.linked) {
      const history = output.length < windowBytes ? Buffer.concat([window, output]) : output;
      window = history.subarray(Math.max(0, history.length - windowBytes));
    }
  }
}

function readHeader(bytes: Buffer): FrameHeader {
  if (bytes.length < 7 || bytes.readUInt32LE(0) !== magic) throw malformed();
  const flags = bytes.readUInt8(4);
  const maxBlock = (bytes.readUInt8(5) >> 4) & 7;
  if (flags >> 6 !== 1 || maxBlock < 4) throw malformed();
  return {
    maxBlockBytes: 1 << (8 + 2 * maxBlock),
    linked: (flags & independentBlocks) === 0,
    hasBlockChecksums: (flags & blockChecksums) !== 0,
    end: 7 + (flags & contentSize ? 8 : 0) + (flags & dictionaryId ? 4 : 0),
  };
}

function* blocksOf(
  bytes: Buffer,
  { end, hasBlockChecksums }: FrameHeader,
): Generator<{ data: Buffer; isCompressed: boolean }> {
  for (let at = end; ;) {
    if (at + 4 > bytes.length) throw malformed();
    const word = bytes.readUInt32LE(at);
    at += 4;
    // the end mark
    if (word === 0) return;
    const isCompressed = word < uncompressedBlock;
    const length = isCompressed ? word : word - uncompressedBlock;
    if (at + length > bytes.length) throw malformed();
    yield { data: bytes.subarray(at, at + length), isCompressed };
    at += length + (hasBlockChecksums ? 4 : 0);
  }
}

/** @internal */
function decompressBlock(input: Buffer, window: Buffer, maxBytes: number): Buffer {
  let output = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(1024, input.length * 4)));
  let size = 0;
  const room = (more: number) => {
    if (size + more > maxBytes) throw malformed();
    if (size + more <= output.length) return;
    const larger = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(output.length * 2, size + more)));
    output.copy(larger, 0, 0, size);
    output = larger;
  };
  for (let at = 0; at < input.length;) {
    const token = input[at++] as number;
    let literals = token >> 4;
    if (literals === 15) [literals, at] = extended(input, at, literals);
    if (at + literals > input.length) throw malformed();
    room(literals);
    input.copy(output, size, at, at + literals);
    size += literals;
    at += literals;
    // the last sequence has literals only
    if (at === input.length) return output.subarray(0, size);
    if (at + 2 > input.length) throw malformed();
    const distance = input.readUInt16LE(at);
    at += 2;
    let length = token & 15;
    if (length === 15) [length, at] = extended(input, at, length);
    length += minMatch;
    if (distance === 0 || distance > size + window.length) throw malformed();
    room(length);
    let from = size - distance;
    if (from < 0) {
      const before = Math.min(length, -from);
      window.copy(output, size, window.length + from, window.length + from + before);
      size += before;
      length -= before;
      from += before;
    }
    // a match may overlap what it makes: each copy doubles what can be copied at once
    for (let step = size - from; length > 0; step = size - from) {
      const part = Math.min(length, step);
      output.copyWithin(size, from, from + part);
      size += part;
      length -= part;
    }
  }
  throw malformed();
}

function extended(input: Buffer, from: number, start: number): [length: number, at: number] {
  let length = start;
  for (let at = from; at < input.length; at++) {
    const byte = input[at] as number;
    length += byte;
    if (byte < 255) return [length, at + 1];
  }
  throw malformed();
}

function malformed(): MalformedError {
  return new MalformedError('the LZ4 frame is malformed');
}
