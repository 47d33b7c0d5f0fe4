/** The newest version of a key, as much of it as judging a row needs. */
export interface FoldedVersion {
  readonly kind: 'upsert' | 'delete';
  /** us since the epoch. */
  readonly writeTimestamp: number;
  /** Orders versions with the same write timestamp: the offset, of a redriven record the first one. */
  readonly order: number;
  /** Where the record itself is. */
  readonly partition: number;
  readonly offset: number;
  /** Of the row that the table has to store; 0 for a delete. */
  readonly digest: bigint;
}

/** What a key takes: its columns below, and the slots of the index. */
export const bytesPerKey = 64;
/** Share of the slots that are in use when the table is full. */
const maxLoad = 0.7;

/**
 * Keeps the newest version of many keys in little memory: flat arrays, filled from the front, with an index by the hash of the key.
 * Arrays that are not filled yet take address space only.
 */
export class VersionTable {
  readonly capacity: number;
  /** Entry number + 1 by slot; 0 is a free slot. */
  readonly #slots: Uint32Array;
  /** Four words of the key's hash for each entry. */
  readonly #keys: Uint32Array;
  readonly #places: Uint32Array;
  readonly #writeTimestamps: Float64Array;
  readonly #orders: Float64Array;
  readonly #offsets: Float64Array;
  readonly #partitions: Int32Array;
  readonly #digests: BigUint64Array;
  /** Bit 0: an upsert; bit 1: its row was seen. */
  readonly #flags: Uint8Array;
  #size = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#slots = new Uint32Array(Math.ceil(capacity / maxLoad) + 1);
    this.#keys = new Uint32Array(capacity * 4);
    this.#places = new Uint32Array(capacity);
    this.#writeTimestamps = new Float64Array(capacity);
    this.#orders = new Float64Array(capacity);
    this.#offsets = new Float64Array(capacity);
    this.#partitions = new Int32Array(capacity);
    this.#digests = new BigUint64Array(capacity);
    this.#flags = new Uint8Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** Keeps a version if it is the newest of its key; false where the key is new and there is no room. */
  offer(key: Buffer, place: number, version: FoldedVersion): boolean {
    const slot = this.#slot(key);
    const known = (this.#slots[slot] ?? 0) - 1;
    if (known >= 0) {
      if (this.#isNewer(version, known)) this.#set(known, version);
      return true;
    }
    if (this.#size === this.capacity) return false;
    const entry = this.#size++;
    this.#slots[slot] = entry + 1;
    for (let word = 0; word < 4; word++) this.#keys[entry * 4 + word] = key.readUInt32LE(word * 4);
    this.#places[entry] = place;
    this.#set(entry, version);
    return true;
  }

  /** The version of a key, which from now on counts as seen. */
  see(key: Buffer): FoldedVersion | undefined {
    const entry = (this.#slots[this.#slot(key)] ?? 0) - 1;
    if (entry < 0) return undefined;
    this.#flags[entry] = (this.#flags[entry] ?? 0) | 2;
    return this.#get(entry);
  }

  /** Upserts that were not seen, with their keys. */
  *unseen(): Generator<{ readonly key: Buffer; readonly version: FoldedVersion }> {
    for (let entry = 0; entry < this.#size; entry++) {
      if (this.#flags[entry] !== 1) continue;
      const key = Buffer.allocUnsafe(16);
      for (let word = 0; word < 4; word++) key.writeUInt32LE(this.#keys[entry * 4 + word] ?? 0, word * 4);
      yield { key, version: this.#get(entry) };
    }
  }

  /** Forgets the keys beyond a place. */
  keepUpTo(place: number): void {
    let kept = 0;
    for (let entry = 0; entry < this.#size; entry++) {
      if ((this.#places[entry] ?? 0) > place) continue;
      if (kept !== entry) this.#move(entry, kept);
      kept++;
    }
    this.#size = kept;
    this.#slots.fill(0);
    for (let entry = 0; entry < kept; entry++) {
      let slot = this.#firstSlot(this.#keys[entry * 4] ?? 0);
      while (this.#slots[slot]) slot = (slot + 1) % this.#slots.length;
      this.#slots[slot] = entry + 1;
    }
  }

  clear(): void {
    this.#size = 0;
    this.#slots.fill(0);
  }

  /** The slot of a key, or the free one where it belongs. */
  #slot(key: Buffer): number {
    let slot = this.#firstSlot(key.readUInt32LE(0));
    for (;;) {
      const entry = (this.#slots[slot] ?? 0) - 1;
      if (entry < 0 || this.#hasKey(entry, key)) return slot;
      slot = (slot + 1) % this.#slots.length;
    }
  }

  #firstSlot(word: number): number {
    return Math.floor((word / 2 ** 32) * this.#slots.length);
  }

  #hasKey(entry: number, key: Buffer): boolean {
    const at = entry * 4;
    const keys = this.#keys;
    return (
      keys[at] === key.readUInt32LE(0) &&
      keys[at + 1] === key.readUInt32LE(4) &&
      keys[at + 2] === key.readUInt32LE(8) &&
      keys[at + 3] === key.readUInt32LE(12)
    );
  }

  #isNewer({ writeTimestamp, order }: FoldedVersion, than: number): boolean {
    const known = this.#writeTimestamps[than] ?? 0;
    return writeTimestamp === known ? order > (this.#orders[than] ?? 0) : writeTimestamp > known;
  }

  #get(entry: number): FoldedVersion {
    return {
      kind: ((this.#flags[entry] ?? 0) & 1) === 1 ? 'upsert' : 'delete',
      writeTimestamp: this.#writeTimestamps[entry] ?? 0,
      order: this.#orders[entry] ?? 0,
      partition: this.#partitions[entry] ?? 0,
      offset: this.#offsets[entry] ?? 0,
      digest: this.#digests[entry] ?? 0n,
    };
  }

  #set(entry: number, version: FoldedVersion): void {
    this.#flags[entry] = version.kind === 'upsert' ? 1 : 0;
    this.#writeTimestamps[entry] = version.writeTimestamp;
    this.#orders[entry] = version.order;
    this.#partitions[entry] = version.partition;
    this.#offsets[entry] = version.offset;
    this.#digests[entry] = version.digest;
  }

  #move(from: number, to: number): void {
    this.#keys.copyWithin(to * 4, from * 4, from * 4 + 4);
    this.#places[to] = this.#places[from] ?? 0;
    this.#set(to, this.#get(from));
  }
}

/** Order of the versions of a key: the highest write timestamp, then the highest offset. */
export function isNewerVersion(a: FoldedVersion, b: FoldedVersion | undefined): boolean {
  if (!b) return true;
  return a.writeTimestamp === b.writeTimestamp ? a.order > b.order : a.writeTimestamp > b.writeTimestamp;
}
