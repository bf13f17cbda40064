/** Names with the prefix that come after another one, from the first of these to before the second: a range, to which the index leads. Names have neither character. */
export const namesWithin = (prefix: string, after: string): [string, string] => [prefix > after ? prefix : `${after}\u0001`, `${prefix}\u{10FFFF}`];
