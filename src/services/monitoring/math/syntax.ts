export type Operator = "+" | "-" | "*" | "/" | "^" | "==" | "!=" | "<=" | ">=" | "<" | ">" | "&&" | "||";

/** An expression of metric math, read. */
export type Node =
  | { kind: "number"; value: number }
  /** A metric, or another expression, by its id. */
  | { kind: "variable"; name: string }
  | { kind: "text"; text: string }
  /** `AVG`, `DESC`, `REPEAT`: they mean something to some functions. */
  | { kind: "word"; word: string }
  | { kind: "array"; items: Node[] }
  | { kind: "negation"; of: Node }
  | { kind: "operation"; operator: Operator; left: Node; right: Node }
  | { kind: "call"; name: string; args: Node[] };

/** What is wrong with an expression: whoever has its id makes an answer of it. */
export class MathProblem extends Error {}

/** All that a node is made of, itself first. */
export function* nodesOf(node: Node): Generator<Node> {
  yield node;
  const parts = node.kind === "array" ? node.items : node.kind === "call" ? node.args : node.kind === "operation" ? [node.left, node.right] : node.kind === "negation" ? [node.of] : [];
  for (const part of parts) yield* nodesOf(part);
}
