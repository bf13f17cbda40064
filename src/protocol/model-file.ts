import type { ShapeKind, Traits } from "./schema.ts";

/** `models/<service>.json`: shapes refer to each other by their place in `shapes`; -1 is the unit. */
export interface ModelFile {
  operations: Record<string, FileOperation>;
  /** Error names to their shapes. */
  errors: Record<string, number>;
  shapes: FileShape[];
}

/** input, output, `[method, uri, code]` of REST, the shapes of its errors */
export type FileOperation = [input: number, output: number, http: [string, string, number] | 0, errors: number[]];

export type FileShape =
  | [kind: SimpleKind, name: string, traits?: Traits]
  | [kind: "list", name: string, traits: Traits | 0, member: FileMember]
  | [kind: "map", name: string, traits: Traits | 0, key: FileMember, value: FileMember]
  | [kind: "structure" | "union", name: string, traits: Traits | 0, requiredCount: number, ...members: FileMember[]];

export type SimpleKind = Exclude<ShapeKind, "list" | "map" | "structure" | "union" | "unit">;

/** The required members of a structure come first. */
export type FileMember = [name: string, shape: number, traits?: Traits];
