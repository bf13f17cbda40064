import { OUTERMOST } from "./event-scan.ts";
import type { EventValues } from "./event-values.ts";

/** What lies in one element of an array: the fields, by their numbers, that lie there themselves; those and what lies in further arrays; these arrays. */
interface Inside {
  fields: Set<number>;
  below: Set<number>;
  arrays: Map<number, InArray>;
}

interface InArray {
  fields: Set<number>;
  /** Those that have any of the fields. */
  elements: Set<Inside>;
}

/** The elements of the event's arrays that the occurrences are in, from the outermost on. */
const nest = (occurrences: readonly (readonly number[])[], event: EventValues): Inside => {
  const insides = new Map<number, Inside>();
  const insideOf = (element: number): Inside => {
    const inside = insides.get(element) ?? { fields: new Set(), below: new Set(), arrays: new Map<number, InArray>() };
    insides.set(element, inside);
    return inside;
  };
  const climb = (field: number, from: number) => {
    for (let element = from; element !== OUTERMOST && !insideOf(element).below.has(field); element = event.outer[element]!) {
      event.spend(1);
      insideOf(element).below.add(field);
      const { arrays } = insideOf(event.outer[element]!);
      const array = arrays.get(event.arrayOf[element]!) ?? { fields: new Set(), elements: new Set() };
      arrays.set(event.arrayOf[element]!, array);
      array.fields.add(field);
      array.elements.add(insideOf(element));
    }
  };
  occurrences.forEach((those, field) => {
    for (const at of those) {
      insideOf(event.element[at]!).fields.add(field);
      climb(field, event.element[at]!);
    }
  });
  return insideOf(OUTERMOST);
};

const areIn = (inside: Inside, fields: readonly number[], event: EventValues): boolean => {
  event.spend(1);
  const left = fields.filter((field) => !inside.fields.has(field));
  const choices = left.map((field) => [...inside.arrays.values()].filter((array) => array.fields.has(field)));
  return choices.every(({ length }) => length > 0) && areInByChoice(choices, [], left, event);
};

/** A field lies in one array, in the usual case; in one of several where a key with dots leads to the same one as others do. */
const areInByChoice = (choices: readonly InArray[][], chosen: InArray[], fields: readonly number[], event: EventValues): boolean => {
  const next = choices[chosen.length];
  if (next !== undefined) return next.some((array) => areInByChoice(choices, [...chosen, array], fields, event));
  return [...Map.groupBy(fields, (_, index) => chosen[index]!)].every(([array, those]) => [...array.elements].some((inside) => those.every((field) => inside.below.has(field)) && areIn(inside, those, event)));
};

/**
 * Whether one of each field's occurrences can be chosen so that those in the same array are in the same element of it. Throws PatternTooCostly.
 *
 * Each element is looked into once, but where keys with dots leave a choice.
 */
export const canBeTogether = (occurrences: readonly (readonly number[])[], event: EventValues): boolean => {
  const inArrays = occurrences.filter((those) => those.every((at) => event.element[at] !== OUTERMOST));
  return inArrays.length < 2 || areIn(nest(inArrays, event), inArrays.map((_, field) => field), event);
};
