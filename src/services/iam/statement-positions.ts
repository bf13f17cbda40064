/** Line from 1 and column from 0 of a character. */
export interface Position {
  Line: number;
  Column: number;
}

export interface Span {
  start: Position;
  end: Position;
}

const positionAt = (text: string, offset: number): Position => {
  const before = text.slice(0, offset);
  const lastLine = before.lastIndexOf("\n") + 1;
  return { Line: before.split("\n").length, Column: offset - lastLine };
};

/** The end of the JSON value that begins at `at`; the text is valid JSON. */
const endOfValue = (text: string, at: number): number => {
  let depth = 0;
  let isText = false;
  for (let index = at; index < text.length; index++) {
    const character = text[index];
    if (isText) {
      if (character === "\\") index++;
      else if (character === '"') isText = false;
      if (isText || depth > 0) continue;
      return index + 1;
    }
    if (character === '"') isText = true;
    else if (character === "{" || character === "[") depth++;
    else if ((character === "}" || character === "]") && --depth === 0) return index + 1;
  }
  return text.length;
};

const skipTo = (text: string, at: number, pattern: RegExp): number => {
  const found = text.slice(at).search(pattern);
  return found < 0 ? text.length : at + found;
};

/** Where `"Statement":` has its value: a key of the outermost object. */
const statementValueAt = (text: string): number | undefined => {
  let at = text.indexOf("{") + 1;
  while (at < text.length) {
    at = skipTo(text, at, /["}]/);
    if (text[at] !== '"') return undefined;
    const keyEnd = endOfValue(text, at);
    const key = JSON.parse(text.slice(at, keyEnd)) as string;
    const valueAt = skipTo(text, keyEnd + skipTo(text.slice(keyEnd), 0, /:/) + 1, /\S/);
    if (key === "Statement") return valueAt;
    at = "{[\"".includes(text[valueAt]!) ? endOfValue(text, valueAt) : skipTo(text, valueAt, /[,}]/);
  }
  return undefined;
};

/** Where each statement of a policy's text stands. */
export const statementSpans = (text: string): Span[] => {
  const valueAt = statementValueAt(text);
  if (valueAt === undefined) return [];
  const spans: Span[] = [];
  const add = (at: number): number => {
    const end = endOfValue(text, at);
    spans.push({ start: positionAt(text, at), end: positionAt(text, end) });
    return end;
  };
  if (text[valueAt] === "{") add(valueAt);
  else for (let at = skipTo(text, valueAt + 1, /[{\]]/); text[at] === "{"; ) at = skipTo(text, add(at), /[{\]]/);
  return spans;
};
