import { METRIC_SEARCH_CHARACTERS_MAX } from "../../../kit/limits/metrics.ts";
import { createTokenizers, partlyMatches } from "./search-tokens.ts";
import { MathProblem } from "./syntax.ts";

/** What a search looks at. */
export interface Searched {
  namespace: string;
  name: string;
  dimensions: readonly (readonly [name: string, value: string])[];
}

export interface Search {
  /** Undefined where the search names none: then of all. */
  namespace: string | undefined;
  accepts(metric: Searched): boolean;
}

type Test = (metric: Searched) => boolean;

const invalid = (): MathProblem => new MathProblem("Invalid SEARCH expression");

/** Deeper brackets are no one's search. */
const DEPTH_MAX = 32;

const SCHEMA = /^\s*\{([^}]*)\}\s*,?/;
const SCHEMA_NAME = /\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))\s*(?:,|$)/y;
const TERM = /\s*(?:([()])|(?:([^\s"()=]+|"(?:[^"\\]|\\.)*")\s*=\s*)?(?:"((?:[^"\\]|\\.)*)"|([^\s"()=]+)))/y;

const unescaped = (text: string): string => text.replaceAll(/\\(.)/g, "$1");

/** `{Namespace, Dimension, …}`: metrics that have these dimensions, and no others. */
const schemaOf = (text: string): { namespace: string; accepts: Test } => {
  const names: string[] = [];
  const reader = new RegExp(SCHEMA_NAME);
  while (reader.lastIndex < text.length) {
    const found = reader.exec(text);
    if (found === null) throw invalid();
    names.push(found[1] === undefined ? found[2]! : unescaped(found[1]));
  }
  const [namespace, ...dimensions] = names;
  if (namespace === undefined) throw invalid();
  const hasAll: Test = (metric) => metric.dimensions.length === dimensions.length && dimensions.every((wanted) => metric.dimensions.some(([name]) => name === wanted));
  return { namespace, accepts: (metric) => metric.namespace === namespace && (dimensions.length === 0 || hasAll(metric)) };
};

/** Where a term looks: everywhere, or at what it names. */
const textsOf = (property: string | undefined) => {
  switch (property) {
    case undefined: return ({ namespace, name, dimensions }: Searched) => [namespace, name, ...dimensions.flat()];
    case "MetricName": return ({ name }: Searched) => [name];
    case "Namespace": return ({ namespace }: Searched) => [namespace];
    default: return ({ dimensions }: Searched) => dimensions.filter(([name]) => name === property).map(([, value]) => value);
  }
};

const parseTerms = (source: string): Test => {
  const tokenizers = createTokenizers();
  const reader = new RegExp(TERM);
  const end = source.trimEnd().length;
  let depth = 0;
  const peek = (): RegExpExecArray | undefined => {
    if (reader.lastIndex >= end) return undefined;
    const at = reader.lastIndex;
    const found = reader.exec(source);
    if (found === null) throw invalid();
    reader.lastIndex = at;
    return found;
  };
  const next = (): RegExpExecArray => {
    const found = peek();
    if (found === undefined) throw invalid();
    reader.lastIndex += found[0].length;
    return found;
  };
  const isWord = (found: RegExpExecArray | undefined, word: string): boolean => found?.[4] === word && found[2] === undefined;
  const term = (): Test => {
    const [, bracket, property, exact, partial] = next();
    if (bracket === "(") {
      if (++depth > DEPTH_MAX) throw invalid();
      const inner = any();
      depth--;
      if (next()[1] !== ")") throw invalid();
      return inner;
    }
    if (bracket !== undefined || (property === undefined && (partial === "AND" || partial === "OR"))) throw invalid();
    if (property === undefined && partial === "NOT") {
      const inner = term();
      return (metric) => !inner(metric);
    }
    if (property?.startsWith(":aws.")) throw new MathProblem(`${property} of a SEARCH is not supported: accounts do not observe each other here`);
    const texts = textsOf(property?.startsWith('"') ? unescaped(property.slice(1, -1)) : property);
    const wanted = exact === undefined ? undefined : unescaped(exact);
    const matches = wanted === undefined ? partlyMatches(partial!, tokenizers) : (text: string) => text === wanted;
    return (metric) => texts(metric).some(matches);
  };
  /** Terms that stand beside each other are all wanted. */
  const all = (): Test => {
    const tests = [term()];
    for (let found = peek(); found !== undefined && found[1] !== ")" && !isWord(found, "OR"); found = peek()) {
      if (isWord(found, "AND")) next();
      tests.push(term());
    }
    return (metric) => tests.every((test) => test(metric));
  };
  const any = (): Test => {
    const tests = [all()];
    while (isWord(peek(), "OR")) {
      next();
      tests.push(all());
    }
    return (metric) => tests.some((test) => test(metric));
  };
  const test = any();
  if (peek() !== undefined) throw invalid();
  return test;
};

/** `{AWS/Lambda,FunctionName} MetricName="Errors" NOT test` ("CloudWatch search expression syntax"). Throws MathProblem. */
export const parseSearch = (source: string): Search => {
  if (source.length > METRIC_SEARCH_CHARACTERS_MAX) throw invalid();
  const schema = SCHEMA.exec(source);
  const { namespace, accepts } = schema === null ? { namespace: undefined, accepts: () => true } : schemaOf(schema[1]!);
  const rest = schema === null ? source : source.slice(schema[0].length);
  if (rest.trim() === "") {
    if (schema === null) throw invalid();
    return { namespace, accepts };
  }
  const terms = parseTerms(rest);
  return { namespace, accepts: (metric) => accepts(metric) && terms(metric) };
};
