import { assert } from "../kit/assert.ts";

/** Where a test leads, by label. Without one: to the next instruction. */
export interface Branches {
  ifTrue?: string;
  ifFalse?: string;
}

/** One line of a classic BPF program: an instruction, or the name of the next one. Jumps go forward only. */
export type Line = ({ code: number; k: number } & Branches) | { label: string };

/** The word at `offset` of the packet (for seccomp: of struct seccomp_data) into the accumulator. */
export const load = (offset: number): Line => ({ code: LOAD_WORD, k: offset });
export const mask = (bits: number): Line => ({ code: AND, k: bits });
export const test = (comparison: "equal" | "atLeast", value: number, branches: Branches): Line => ({ code: COMPARISONS[comparison], k: value, ...branches });
export const jump = (label: string): Line => test("equal", 0, { ifTrue: label, ifFalse: label });
export const returns = (value: number): Line => ({ code: RETURN, k: value });

/** Little-endian `struct sock_filter { u16 code; u8 jt; u8 jf; u32 k; }`: both architectures that Node runs on with Linux are. */
export const assemble = (lines: readonly Line[]): Buffer => {
  const positions = new Map<string, number>();
  const instructions = [];
  for (const line of lines) {
    if (!("label" in line)) instructions.push(line);
    else {
      assert(!positions.has(line.label), `two places are called ${line.label}`);
      positions.set(line.label, instructions.length);
    }
  }
  const distance = (from: number, label: string | undefined): number => {
    if (label === undefined) return 0;
    const to = positions.get(label);
    assert(to !== undefined && to > from && to - from - 1 <= JUMP_MAX, `cannot jump to ${label} from instruction ${from}`);
    return to - from - 1;
  };
  const program = Buffer.alloc(instructions.length * INSTRUCTION_BYTES);
  for (const [index, { code, k, ifTrue, ifFalse }] of instructions.entries()) {
    const at = index * INSTRUCTION_BYTES;
    program.writeUInt16LE(code, at);
    program.writeUInt8(distance(index, ifTrue), at + 2);
    program.writeUInt8(distance(index, ifFalse), at + 3);
    program.writeUInt32LE(k >>> 0, at + 4);
  }
  return program;
};

const INSTRUCTION_BYTES = 8;
/** Conditional jumps have one byte. */
const JUMP_MAX = 255;

/** linux/bpf_common.h: class, size or operation, source. */
const LOAD_WORD = 0x00 | 0x00 | 0x20;
const AND = 0x04 | 0x50 | 0x00;
const RETURN = 0x06 | 0x00;
const COMPARISONS = { equal: 0x05 | 0x10, atLeast: 0x05 | 0x30 } as const;
