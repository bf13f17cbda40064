import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findKoffi } from "../../../src/sandbox/find-koffi.ts";
import { openCage, PROGRAM, PYTHON, type Told } from "./cage.ts";

const canRun = process.platform === "linux" && process.getuid?.() === 0 && existsSync(PYTHON) && findKoffi() !== undefined;
const answerOf = ({ error, gate, stderr, answer }: Told): unknown => (error === undefined && gate?.ready === true && answer !== "" ? JSON.parse(answer) : { error, gate, stderr });
/** Copies of which each answers, and ends by itself. */
const expectAll = (copies: readonly Told[], answers: readonly unknown[]) => {
  expect(copies.map(answerOf)).toEqual(answers);
  expect(copies.map(({ status }) => status)).toEqual(copies.map(() => 0));
};

const STATUS = "Object.fromEntries(require('fs').readFileSync('/proc/self/status', 'utf8').split('\\n').map((line) => line.split(/:\\s*/)))";
const GARBAGE = "let kept = []; for (let i = 0; i < 200000; i++) { kept.push({ i, text: 'x' + i }); if (kept.length > 20000) kept = []; }";

describe.runIf(canRun)("copies of a Node.js (skipped where the tests are not root on Linux, or there is no python3 or koffi)", () => {
  it("are in the sandbox, with its user and limits, and nothing by which to get others", async () => {
    const cage = await openCage();
    const copy = await cage.run(
      `const status = ${STATUS};
      const limits = require('fs').readFileSync('/proc/self/limits', 'utf8');
      answer({ status, openFiles: /Max open files +(\\d+ +\\d+)/.exec(limits)[1], core: /Max core file size +(\\d+ +\\d+)/.exec(limits)[1], umask: process.umask(), directory: process.cwd(),
        ids: [process.getuid(), process.geteuid(), process.getgid(), process.getegid(), ...process.getgroups()], ppid: process.ppid, session: require('fs').readFileSync('/proc/self/stat', 'latin1').split(' ')[5] })`,
      { look: true },
    );
    const { status, ...rest } = answerOf(copy) as { status: Record<string, string> };
    expect(rest).toEqual({ openFiles: expect.stringMatching(/^512 +512$/), core: expect.stringMatching(/^0 +0$/), umask: 0o022, directory: "/", ids: [65001, 65001, 65002, 65002, 65002], ppid: 1, session: String(copy.inner) });
    const none = "0000000000000000";
    expect(status).toMatchObject({ CapInh: none, CapPrm: none, CapEff: none, CapBnd: none, CapAmb: none, NoNewPrivs: "1", Seccomp: "2", Groups: "" });
    expect(copy.namespaces).toEqual([true, true, true, true, true]);
  });

  it("have their descriptors, and of Node.js's own none in common with the zygote", async () => {
    const cage = await openCage();
    const copy = await cage.run("answer(1)", { look: true });
    expect(copy.shared).toEqual([]);
    const { 0: stdin, 1: stdout, 2: stderr, 4: channel, ...others } = copy.descriptors;
    expect([stdin, stdout, stderr, channel]).toEqual(["/dev/null", expect.stringMatching(/^pipe:/), expect.stringMatching(/^pipe:/), expect.stringMatching(/^socket:/)]);
    expect(Object.values(others).filter((link) => !/^(anon_inode:\[event(poll|fd)\]|pipe:\[\d+\]|\/dev\/null)$/.test(link))).toEqual([]);
    expect(Object.values(others)).not.toContain(stdout);
    // A program of the handler's has none of them.
    expect(answerOf(await cage.run(`const look = require('child_process').execFileSync('/bin/ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' }); answer(look.split('\\n').filter((line) => / ([3-9]|\\\\d\\\\d+) -> .*(event|socket)/.test(line)))`))).toEqual([]);
  });

  it.each(["bytes", "uuids", "all"] as const)("share nothing random, whatever was drawn before (%s), and know who they are", async (draws) => {
    const cage = await openCage({ draws });
    const draw = `const { randomUUID, randomBytes, randomInt, generateKeyPairSync } = require('crypto');
      answer({ pid: process.pid, before: globalThis.before, drawn: [Math.random(), Math.random(), randomUUID(), crypto.randomUUID(), randomBytes(16).toString('hex'), randomInt(2 ** 40), crypto.getRandomValues(new Uint32Array(4)).join(), generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'pem', type: 'spki' })] })`;
    const copies = await Promise.all([cage.run(draw, { sandbox: "one" }), cage.run(draw, { sandbox: "two" }), cage.run(draw, { sandbox: "one" })]);
    const [one, two, three] = copies.map(answerOf) as { pid: number; before: unknown[]; drawn: unknown[] }[];
    // The hardest case: OpenSSL tells a copy by its process id.
    expect([one!.pid, two!.pid]).toEqual([cage.zygote, cage.zygote]);
    expect(three!.pid).toBe(copies[2]!.inner);
    expect(one!.before).toEqual(two!.before);
    expect(new Set([...one!.drawn, ...two!.drawn, ...three!.drawn]).size).toBe(one!.drawn.length * 3);
  });

  it("have a memory of their own", async () => {
    const cage = await openCage();
    expectAll([await cage.run("globalThis.mine = 1; Array.prototype.mine = 2; process.env.MINE = '3'; answer(1)"), await cage.run("answer([globalThis.mine, [].mine, process.env.MINE])")], [1, [null, null, null]]);
  });

  it("can do what a started one can: garbage, timers, files, networks, compression, keys, threads, programs, WebAssembly, modules", async () => {
    const cage = await openCage();
    const copies = await Promise.all([
      cage.run(`${GARBAGE} await new Promise((resolve) => setTimeout(resolve, 2)); await new Promise(setImmediate); answer(kept.length > 0)`),
      cage.run(`${GARBAGE} answer((await require('fs/promises').readFile('/proc/version', 'utf8')).startsWith('Linux'))`),
      cage.run("const server = require('http').createServer((request, response) => response.end('here')).listen(0, '127.0.0.1', async () => { answer(await (await fetch('http://127.0.0.1:' + server.address().port)).text()); server.close(); server.closeAllConnections(); })"),
      cage.run("const { promisify } = require('util'); const { gzip, gunzip } = require('zlib'); answer((await promisify(gunzip)(await promisify(gzip)(Buffer.alloc(200000)))).length)"),
      cage.run("const { promisify } = require('util'); const { scrypt } = require('crypto'); answer((await promisify(scrypt)('a', 'b', 32)).length)"),
      cage.run(`const { Worker } = require('worker_threads'); new Worker(${JSON.stringify(`${GARBAGE} require('worker_threads').parentPort.postMessage('from a thread')`)}, { eval: true }).on('message', answer)`),
      cage.run("require('child_process').execFile('/bin/sh', ['-c', 'echo $PPID'], (error, stdout) => answer(Number(stdout) === process.pid))"),
      cage.run("answer((await WebAssembly.instantiate(Buffer.from('0061736d010000000105016000017f03020100070501016600000a06010400412a0b', 'hex'))).instance.exports.f())"),
      cage.run("answer((await load('data:text/javascript,export default 7')).default)"),
      cage.run("answer((await require('dns/promises').lookup('127.0.0.1')).address)"),
    ]);
    expectAll(copies, [true, true, "here", 200_000, 32, "from a thread", true, 42, 7, "127.0.0.1"]);
  });

  it("end as started ones do", async () => {
    const cage = await openCage({ flags: ["--max-old-space-size=32"] });
    const ends = async (script: string) => {
      const { status, stdout, stderr } = await cage.run(script);
      return { status, stdout, stderr };
    };
    expect(await ends("process.exitCode = 5; setTimeout(() => console.log('late'), 2)")).toEqual({ status: 5, stdout: "late\n", stderr: "" });
    expect(await ends("await require('fs/promises').readFile('/proc/version'); process.exit(7)")).toEqual({ status: 7, stdout: "", stderr: "" });
    expect(await ends("process.on('exit', (code) => console.log('exit', code)); process.on('beforeExit', () => console.log('before'))")).toEqual({ status: 0, stdout: "before\nexit 0\n", stderr: "" });
    expect(await ends("setTimeout(() => { throw new Error('thrown'); })")).toEqual({ status: 1, stdout: "", stderr: expect.stringContaining("Error: thrown") });
    expect(await ends("Promise.reject(new Error('refused'))")).toEqual({ status: 1, stdout: "", stderr: expect.stringContaining("Error: refused") });
    expect(await ends("process.on('SIGTERM', () => { console.log('told'); process.exit(9); }); process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)")).toEqual({ status: 9, stdout: "told\n", stderr: "" });
    expect((await ends("process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)")).status).toBe(-15);
    expect((await ends("process.abort()")).status).toBe(-6);
    expect(await ends("const all = []; for (;;) all.push(new Array(1000).fill(0.5))")).toEqual({ status: -6, stdout: "", stderr: expect.stringContaining("JavaScript heap out of memory") });
  });

  it("look like started ones", async () => {
    const flags = ["--max-old-space-size=64", "--max-http-header-size=81920"];
    const look = "[process.argv, process.execArgv, process.argv0, process.execPath, process.title, process.release, process.features, process.getBuiltinModule('v8').getHeapStatistics().heap_size_limit, process.stdin.isTTY, process.stdout.constructor.name, Object.keys(globalThis), process.listenerCount('exit'), new Date().getTimezoneOffset()]";
    const cage = await openCage({ flags });
    const started = execFileSync(process.execPath, [...flags, "--input-type=module", "-e", `console.log(JSON.stringify(${look}))`], { encoding: "utf8", env: { TZ: ":UTC" }, stdio: ["ignore", "pipe", "inherit"] });
    const [argv, execArgv, ...rest] = answerOf(await cage.run(`delete globalThis.before; answer(${look})`)) as [unknown, unknown];
    const [, , ...expected] = JSON.parse(started) as [unknown, unknown];
    expect(argv).toEqual([process.execPath, PROGRAM]);
    expect(execArgv).toEqual(flags);
    expect(rest).toEqual(expected);
  });

  it("come to nothing without harm where there is no sandbox, or it is closed while they wait", async () => {
    const cage = await openCage();
    const { descriptors, children } = await cage.look();
    expect(children).toEqual([]);
    expect((await cage.run("answer(1)", { spec: { pid: 4_000_000 } })).error).toBe("pidfd_open: ESRCH");
    expect(await cage.run("answer(1)", { go: false })).toMatchObject({ gate: null, status: 1, answer: "", stderr: "" });
    expect(await cage.run("answer(1)", { spec: { files: -1 } })).toMatchObject({ gate: { error: expect.any(String) }, status: 1, answer: "" });
    const many = await Promise.all(Array.from({ length: 30 }, (_, index) => cage.run(`answer(${index}); process.kill(process.pid, 'SIGKILL')`)));
    expect(many.map(({ answer, status }) => [answer, status])).toEqual(many.map((_, index) => [String(index), -9]));
    expect(await cage.look()).toMatchObject({ descriptors, children });
  });

  it("are not made where they would not work, which is found out before", async () => {
    const cage = await openCage({ isFiltered: false });
    expect(cage).toMatchObject({ ended: 1 });
    expect(cage.stderr()).toMatch(/a copy of this Node\.js \(v[\d.]+\) does not work: it gave no answer, and was ended by signal 11/);
  });
});
