#!/usr/bin/env node
// Old JavaScript on purpose: any Node that can load a module reads this far, and is told what is missing.
import { existsSync } from "fs";
import nodeModule from "module";
import { dirname, join } from "path";
import { fileURLToPath, pathToFileURL } from "url";

var NEEDED = [24, 15];

var root = join(dirname(fileURLToPath(import.meta.url)), "..");
var parts = process.versions.node.split(".").map(Number);
var isNewEnough = parts[0] > NEEDED[0] || (parts[0] === NEEDED[0] && parts[1] >= NEEDED[1]);

/** The Node that was installed with lambdad: in its own node_modules, or beside it in another project's. */
function bundledNode() {
  var name = "node-" + (process.platform === "win32" ? "win" : process.platform) + "-" + process.arch;
  var file = join(name, "bin", process.platform === "win32" ? "node.exe" : "node");
  var found = [join(root, "node_modules", file), join(root, "..", file)].filter(existsSync);
  return found[0];
}

function explain() {
  var bundled = bundledNode();
  var lines = [
    "✗ lambdad needs Node " + NEEDED.join(".") + " or newer; this is Node " + process.versions.node + " (" + process.execPath + ")",
    "  why:  its embedded store and its way of running TypeScript are part of that Node",
  ];
  if (bundled) {
    lines.push("  fix:  npm start, or npx lambdad start: npm runs the Node that came with lambdad");
    lines.push("        without npm: " + bundled + " " + join(root, "bin", "lambdad.js") + " " + process.argv.slice(2).join(" "));
  } else {
    lines.push("  fix:  npm install in " + root + ": it brings the right Node along; then npm start");
  }
  console.error(lines.join("\n").replace(/ +$/gm, ""));
  process.exit(1);
}

if (!isNewEnough) explain();
// A start costs half without compiling all anew. Not in the temporary folder, which is Node's default: what lies there, others may have written.
nodeModule.enableCompileCache(join(root, "node_modules", ".cache", "lambdad"));
var source = join(root, "src", "cli", "main.ts");
var main = existsSync(source) ? source : join(root, "dist", "cli", "main.js");
import(pathToFileURL(main).href).then(function (cli) {
  return cli.run(process.argv.slice(2));
});
