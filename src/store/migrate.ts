import type { DatabaseSync } from "node:sqlite";

/** A step of the schema, never changed once it is released. */
export interface Migration {
  /** `2026-11-lambda-functions`: unique, for all time. */
  id: string;
  statements: readonly string[];
}

/** Brings the schema up to date in one transaction; refuses a file that a newer lambdad wrote. */
export const migrate = (database: DatabaseSync, migrations: readonly Migration[]): void => {
  database.exec("create table if not exists schema_migration (id text primary key)");
  const applied = new Set(database.prepare("select id from schema_migration").all().map((row) => row["id"] as string));
  const unknown = [...applied].filter((id) => !migrations.some((migration) => migration.id === id));
  if (unknown.length > 0) {
    throw new Error(`the data was written by a newer lambdad (it knows ${unknown.join(", ")}): start that version, or use another data directory`);
  }
  database.exec("begin immediate");
  for (const { id, statements } of migrations) {
    if (applied.has(id)) continue;
    for (const statement of statements) database.exec(statement);
    database.prepare("insert into schema_migration (id) values (?)").run(id);
  }
  database.exec("commit");
};
