import type { Program } from "./program.ts";
import { interpreterOf, type Interpreter } from "./runtimes.ts";

const NODE = "let count = 0;\nexport const handler = async (event) => ({ id: event.id, isFirst: count++ === 0 });\n";
const NODE_BARE = 'import { handler } from "./app.mjs";\nconsole.log(JSON.stringify(await handler(JSON.parse(process.argv[2]))));\n';
const PYTHON = "count = 0\ndef handler(event, context):\n    global count\n    count += 1\n    return {'id': event['id'], 'isFirst': count == 1}\n";
const PYTHON_BARE = "import json, sys\nfrom app import handler\nprint(json.dumps(handler(json.loads(sys.argv[1]), None)))\n";

/** `before` is what the module does first: what it imports. */
export const nodeProgram = ({ runtime, path }: Interpreter, name = "node", before = ""): Program => ({
  name, runtime, handler: "app.handler",
  files: { "app.mjs": { content: before + NODE } },
  bare: { command: path, args: ["bare.mjs"], files: { "bare.mjs": { content: NODE_BARE } } },
});

export const pythonProgram = ({ runtime, path }: Interpreter, name = "python", before = ""): Program => ({
  name, runtime, handler: "app.handler",
  files: { "app.py": { content: before + PYTHON } },
  bare: { command: path, args: ["bare.py"], files: { "bare.py": { content: PYTHON_BARE } } },
});

/** Node, and the newest Python whose exact version is here. */
export const plainPrograms = async (endpoint: string): Promise<Program[]> => {
  const [node, python] = await Promise.all([interpreterOf(endpoint, "nodejs24"), interpreterOf(endpoint, "python")]);
  return [nodeProgram(node!), ...(python === undefined ? [] : [pythonProgram(python)])];
};
