import { invalidPattern } from "./invalid.ts";

/**
 * The regular expressions of filter patterns: characters, `.`, classes, `^ $`, `? * + {n,m}`, `|`, and no parentheses, as AWS documents.
 * Without groups an expression is a list of alternatives, each a row of steps, so a set of positions walks over the text once:
 * time is text × steps whatever the expression. JavaScript's own engine could be held for hours by `%.*.*.*.*x%`.
 */
export interface Regex {
  test(text: string): boolean;
  /** Steps over all alternatives: what one character of text costs at most. */
  cost: number;
}

type Matches = (code: number) => boolean;
/** `isOptional`: it may be left out; `isLoop`: it may stand there again and again. */
interface Step {
  matches: Matches;
  isOptional: boolean;
  isLoop: boolean;
}
interface Alternative {
  steps: Step[];
  isAtStart: boolean;
  isAtEnd: boolean;
}

/** Characters that stand for themselves beside letters and digits. */
const SYMBOLS = " :_#=@/;,-!&~'\"<>`%";
const REPEAT_MAX = 255;
/** Characters of `{255, 255}`. */
const BRACES_MAX = 10;
/** Steps. An expression of 1,024 characters may ask for more with `{n}`. */
const STEPS_MAX = 2_048;

export const compileRegex = (source: string): Regex => {
  const alternatives = splitAlternatives(source).map(parseAlternative);
  const cost = alternatives.reduce((sum, { steps }) => sum + steps.length + 1, 0);
  if (cost > STEPS_MAX) throw invalidPattern(`Invalid filter pattern: the regular expression %${source}% is too large`);
  return { test: (text) => alternatives.some((alternative) => runAlternative(alternative, text)), cost };
};

const splitAlternatives = (source: string): string[] => {
  const parts: string[] = [];
  let start = 0;
  let isInClass = false;
  for (let i = 0; i < source.length; i++) {
    const character = source[i];
    if (character === "\\") i++;
    else if (character === "[") isInClass = true;
    else if (character === "]") isInClass = false;
    else if (character === "|" && !isInClass) {
      parts.push(source.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, source.slice(start)];
};

const parseAlternative = (source: string): Alternative => {
  const isAtStart = source.startsWith("^");
  const isAtEnd = /(?:^|[^\\])(?:\\\\)*\$$/.test(source);
  const body = source.slice(isAtStart ? 1 : 0, isAtEnd ? -1 : undefined);
  const steps: Step[] = [];
  for (let at = 0; at < body.length; ) {
    const atom = parseAtom(body, at);
    const repeat = parseRepeat(body, atom.next);
    for (let i = 0; i < repeat.min; i++) steps.push({ matches: atom.matches, isOptional: false, isLoop: false });
    if (repeat.max === Infinity) steps.push({ matches: atom.matches, isOptional: true, isLoop: true });
    else for (let i = repeat.min; i < repeat.max; i++) steps.push({ matches: atom.matches, isOptional: true, isLoop: false });
    if (steps.length > STEPS_MAX) throw invalidPattern(`Invalid filter pattern: the regular expression %${source}% is too large`);
    at = repeat.next;
  }
  return { steps, isAtStart, isAtEnd };
};

const parseAtom = (body: string, at: number): { matches: Matches; next: number } => {
  const character = body[at]!;
  if (character === "\\") return parseEscape(body, at);
  if (character === "[") return parseClass(body, at);
  if (character === ".") return { matches: (code) => code !== 10, next: at + 1 };
  if (/[A-Za-z0-9]/.test(character) || SYMBOLS.includes(character)) {
    const code = character.charCodeAt(0);
    return { matches: (candidate) => candidate === code, next: at + 1 };
  }
  throw invalidPattern(`Invalid character(s) in term '%${body}%'`);
};

const isDigit: Matches = (code) => code >= 48 && code <= 57;
const isWord: Matches = (code) => isDigit(code) || code === 95 || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
const isSpace: Matches = (code) => code === 32 || (code >= 9 && code <= 13);
const not =
  (matches: Matches): Matches =>
  (code) =>
    !matches(code);
const CLASSES: Record<string, Matches> = { d: isDigit, D: not(isDigit), w: isWord, W: not(isWord), s: isSpace, S: not(isSpace) };

const parseEscape = (body: string, at: number): { matches: Matches; next: number; code?: number } => {
  const character = body[at + 1];
  if (character === undefined) throw invalidPattern();
  const named = CLASSES[character];
  if (named !== undefined) return { matches: named, next: at + 2 };
  const hex = /^x([0-9a-fA-F]{2})/.exec(body.slice(at + 1, at + 4));
  const code = hex ? Number.parseInt(hex[1]!, 16) : ({ t: 9, n: 10, r: 13 }[character] ?? character.charCodeAt(0));
  return { matches: (candidate) => candidate === code, next: at + (hex ? 4 : 2), code };
};

const parseClass = (body: string, start: number): { matches: Matches; next: number } => {
  const parts: Matches[] = [];
  let at = start + 1;
  const isNegated = body[at] === "^";
  if (isNegated) at++;
  for (; body[at] !== "]"; ) {
    if (body[at] === undefined) throw invalidPattern();
    const low = classItem(body, at);
    at = low.next;
    if (low.code === undefined) parts.push(low.matches!);
    else if (body[at] === "-" && body[at + 1] !== "]" && body[at + 1] !== undefined) {
      const high = classItem(body, at + 1);
      const [from, to] = [low.code, high.code];
      if (to === undefined || to < from) throw invalidPattern();
      parts.push((code) => code >= from && code <= to);
      at = high.next;
    } else {
      const only = low.code;
      parts.push((code) => code === only);
    }
  }
  if (parts.length === 0) throw invalidPattern();
  return { matches: (code) => parts.some((part) => part(code)) !== isNegated, next: at + 1 };
};

const classItem = (body: string, at: number): { next: number; code?: number; matches?: Matches } =>
  body[at] === "\\" ? parseEscape(body, at) : { code: body.charCodeAt(at), next: at + 1 };

const parseRepeat = (body: string, at: number): { min: number; max: number; next: number } => {
  const character = body[at];
  if (character === "?") return { min: 0, max: 1, next: at + 1 };
  if (character === "*") return { min: 0, max: Infinity, next: at + 1 };
  if (character === "+") return { min: 1, max: Infinity, next: at + 1 };
  if (character !== "{") return { min: 1, max: 1, next: at };
  const braces = /^\{(\d{0,3})(?:(,) ?(\d{0,3}))?\}/.exec(body.slice(at, at + BRACES_MAX));
  if (!braces || (braces[1] === "" && (braces[3] ?? "") === "")) throw invalidPattern();
  const min = Number(braces[1]);
  const max = braces[2] === undefined ? min : braces[3] === "" ? Infinity : Number(braces[3]);
  if (min > REPEAT_MAX || max < min || (max !== Infinity && max > REPEAT_MAX)) throw invalidPattern();
  return { min, max, next: at + braces[0].length };
};

/** `position[i]`: the first i steps are behind us. */
const runAlternative = ({ steps, isAtStart, isAtEnd }: Alternative, text: string): boolean => {
  const goal = steps.length;
  let now = new Uint8Array(goal + 1);
  let next = new Uint8Array(goal + 1);
  const enter = (positions: Uint8Array, position: number) => {
    for (let i = position; positions[i] === 0; i++) {
      positions[i] = 1;
      if (i === goal || !steps[i]!.isOptional) return;
    }
  };
  enter(now, 0);
  for (let at = 0; at < text.length; at++) {
    if (now[goal] === 1 && !isAtEnd) return true;
    const code = text.charCodeAt(at);
    next.fill(0);
    for (let i = 0; i < goal; i++) {
      if (now[i] === 0) continue;
      const step = steps[i]!;
      if (step.matches(code)) enter(next, step.isLoop ? i : i + 1);
    }
    if (!isAtStart) enter(next, 0);
    [now, next] = [next, now];
  }
  return now[goal] === 1;
};
