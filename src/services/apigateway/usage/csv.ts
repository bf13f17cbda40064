/** Lines of fields; a field in quotes may have commas and quotes in it. */
export const parseCsv = (text: string): string[][] => {
  const rows: string[][] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === "") continue;
    const fields = [...line.matchAll(/(?:^|,)(?:\s*"((?:[^"]|"")*)"\s*|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "");
    rows.push(fields);
  }
  return rows;
};
