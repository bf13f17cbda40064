/** The same numbers each time, so that every engine and every run has the same events. */
const createDraw = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

export const EVENTS = 213_068;
const STREETS = 1_700;
const TYPES = ["ST", "AV", "BLVD", "DR", "WAY", "TER", "CT"];

const padded = (value: number, digits: number): string => String(value).padStart(digits, "0");

/** Lots of a city as GeoJSON features, one a line: as many, as long and with as many different values as those of San Francisco that engines like these are usually measured with. */
export const makeLots = (count: number): string[] => {
  const draw = createDraw(12_345);
  const letters = (length: number) => Array.from({ length }, () => String.fromCharCode(65 + draw(26))).join("");
  const streets = ["FULTON", "MASON", "UNKNOWN", ...Array.from({ length: STREETS }, () => letters(4 + draw(8)))];
  return Array.from({ length: count }, () => {
    const [block, lot, number] = [padded(1 + draw(8_000), 4), padded(1 + draw(200), 3), String(draw(4_000))];
    const [x, y] = [122.3 + draw(200_000) / 1e6, 37.7 + draw(100_000) / 1e6];
    const point = () => `[ -${(x + draw(1_000) / 1e6).toFixed(6)}${padded(draw(1e6), 6)}, ${(y + draw(1_000) / 1e6).toFixed(6)}${padded(draw(1e6), 6)}, 0.0 ]`;
    const first = point();
    const ring = [first, ...Array.from({ length: 4 + draw(5) }, point), first].join(", ");
    const type = draw(10) === 0 ? "null" : `"${TYPES[draw(TYPES.length)]}"`;
    return `{ "type": "Feature", "properties": { "MAPBLKLOT": "${block}${lot}", "BLKLOT": "${block}${lot}", "BLOCK_NUM": "${block}", "LOT_NUM": "${lot}", "FROM_ST": "${number}", "TO_ST": "${number}", "STREET": "${streets[draw(streets.length)]}", "ST_TYPE": ${type}, "ODD_EVEN": "${draw(2) === 0 ? "O" : "E"}" }, "geometry": { "type": "Polygon", "coordinates": [ [ ${ring} ] ] } }`;
  });
};

const lot = (members: object) => ({ properties: members });

const OF_FIVE: Record<string, readonly object[]> = {
  exact: ["1430022", "2607117", "2607188", "3745012", "0511020"].map((value) => lot({ MAPBLKLOT: [value] })),
  prefix: ["AC", "BL", "DR", "FU", "RH"].map((prefix) => lot({ STREET: [{ prefix }] })),
  suffix: ["ON", "KE", "MM", "ING", "GO"].map((suffix) => lot({ STREET: [{ suffix }] })),
  "anything-but": [lot({ STREET: [{ "anything-but": ["FULTON"] }] }), lot({ STREET: [{ "anything-but": ["MASON"] }] }), lot({ ST_TYPE: [{ "anything-but": ["ST"] }] }), { geometry: { type: [{ "anything-but": ["Polygon"] }] } }, lot({ FROM_ST: [{ "anything-but": ["441"] }] })],
  wildcard: ["143*", "2*0*1*7", "*218", "3*5*2", "*9*77*"].map((wildcard) => lot({ MAPBLKLOT: [{ wildcard }] })),
  numeric: [{ geometry: { type: ["Polygon"], coordinates: [{ numeric: ["=", 0] }] } }, { geometry: { coordinates: [{ numeric: ["<", -122.49] }] } }],
  arrays: [{ type: ["Feature"], geometry: { type: ["Polygon"], coordinates: [{ numeric: [">", 37.75, "<", 37.76] }] } }, lot({ ODD_EVEN: ["E"] }), { geometry: { type: ["Point"], coordinates: [{ exists: true }] } }].map((one) => ("geometry" in one ? one : { ...one, geometry: { coordinates: [{ numeric: ["<", -122.45] }] } })),
};

/** Patterns by the name of what they measure. */
export const CLASSES: Record<string, readonly string[]> = Object.fromEntries(Object.entries(OF_FIVE).map(([name, patterns]) => [name, patterns.map((one) => JSON.stringify(one))]));

/** Rules of four fields, each that of some lot: few of the events have any of them. */
export const makeRules = (count: number): string[] => {
  const draw = createDraw(777);
  return Array.from({ length: count }, () => {
    const [block, number] = [padded(1 + draw(8_000), 4), padded(1 + draw(200), 3)];
    return JSON.stringify({ type: ["Feature"], properties: { MAPBLKLOT: [`${block}${number}`], BLOCK_NUM: [block], ODD_EVEN: [draw(2) === 0 ? "O" : "E"] } });
  });
};

/** Wildcards of which none begins or ends with a text. */
export const makeWildcards = (count: number): string[] => {
  const draw = createDraw(4_711);
  const letters = () => Array.from({ length: 2 }, () => String.fromCharCode(65 + draw(26))).join("");
  return Array.from({ length: count }, () => JSON.stringify(lot({ STREET: [{ wildcard: `*${letters()}*${letters()}*` }] })));
};
