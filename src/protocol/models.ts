import { readFileSync } from "node:fs";
import { assert } from "../kit/assert.ts";
import type { FileMember, FileShape, ModelFile } from "./model-file.ts";
import type { Member, Operation, ServiceModel, Shape, Traits } from "./schema.ts";
import { serviceSummaries } from "./services.ts";

export type { ServiceSummary } from "./services.ts";
export { serviceSummaries } from "./services.ts";

/** The model of a service, read from `models/` on the first call and kept. */
export function loadServiceModel(name: string): ServiceModel {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const summary = serviceSummaries.find((s) => s.name === name);
  assert(summary !== undefined, `no service is called ${name}`);
  const file = JSON.parse(readFileSync(modelUrl(name), "utf8")) as ModelFile;
  const model = { ...summary, isQueryCompatible: summary.isQueryCompatible ?? false, ...createSchema(file) };
  loaded.set(name, model);
  return model;
}

const loaded = new Map<string, ServiceModel>();

/** The folder is beside `src/` in the repository and beside `dist/` in the package. */
const modelUrl = (name: string) => new URL(`../../models/${name}.json`, import.meta.url);

/** What an operation without input or output has. */
export const unit: Shape = { kind: "unit", name: "Unit", members: [], isStreaming: false, traits: {} };

/** Shapes are made when they are first looked at: a call touches few of them, and they may contain themselves. */
function createSchema(file: ModelFile): Pick<ServiceModel, "operations" | "errors"> {
  const shapes: (Shape | undefined)[] = [];
  const shapeAt = (index: number): Shape => (index === -1 ? unit : (shapes[index] ??= createShape(file.shapes[index], shapeAt)));
  const nameAt = (index: number) => shapeAt(index).name;
  const operations = new Map<string, Operation>();
  for (const [name, [input, output, http, errors]] of Object.entries(file.operations)) {
    operations.set(name, {
      name,
      get input() { return shapeAt(input); },
      get output() { return shapeAt(output); },
      ...(http === 0 ? {} : { http: { method: http[0], uri: http[1], code: http[2] } }),
      get errors() { return errors.map(nameAt); },
    });
  }
  return { operations, errors: new Map(Object.entries(file.errors).map(([name, index]) => [name, shapeAt(index)])) };
}

type ShapeAt = (index: number) => Shape;

function createShape(file: FileShape | undefined, shapeAt: ShapeAt): Shape {
  assert(file !== undefined, "a model refers to a shape that it does not hold");
  const traits: Traits = file[2] || {};
  const shape: Shape = { kind: file[0], name: file[1], members: [], isStreaming: traits.streaming === true, traits };
  if (file[0] === "list") return { ...shape, value: createMember(file[3], shapeAt, false) };
  if (file[0] === "map") return { ...shape, key: createMember(file[3], shapeAt, false), value: createMember(file[4], shapeAt, false) };
  if (file[0] !== "structure" && file[0] !== "union") return shape;
  const [, , , requiredCount, ...members] = file;
  return { ...shape, members: members.map((member, index) => createMember(member, shapeAt, index < requiredCount)) };
}

function createMember([name, index, own]: FileMember, shapeAt: ShapeAt, isRequired: boolean): Member {
  let traits: Traits | undefined;
  return {
    name,
    isRequired,
    get shape() { return shapeAt(index); },
    get traits() { return (traits ??= inherit(shapeAt(index), own)); },
  };
}

/** A member has the traits of a simple shape; what belongs to a structure itself (its element name) stays there. */
function inherit({ kind, traits }: Shape, own: Traits | undefined): Traits {
  if (kind === "structure" || kind === "union") return own ?? {};
  return own === undefined ? traits : { ...traits, ...own };
}
