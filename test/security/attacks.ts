/** What a handler tries. Each is Python that leaves in `result` whether it was kept out, and what it found; `event` has what it is told. */
export interface Attack {
  id: string;
  title: string;
  code: string;
  /** What each driver must answer; SECURITY.md says the same. */
  expected: { bubblewrap: Outcome; process: Outcome };
}

export type Outcome = "kept out" | "possible";

const FIND = `
import glob, os, socket, tempfile
def read(path):
    try:
        with open(path, "rb") as file: return file.read()
    except OSError: return b""
def told(found): return {"outcome": "possible" if found else "kept out", "found": [str(one) for one in list(found)[:3]]}
`;

export const ATTACKS: readonly Attack[] = [
  {
    id: "S1",
    title: "read the server's environment, through `/proc` of every process",
    code: `${FIND}
result = told([path for path in glob.glob("/proc/[0-9]*/environ") if b"of-the-server" in read(path)])`,
    expected: { bubblewrap: "kept out", process: "possible" },
  },
  {
    id: "S2",
    title: "read the server's data: keys, database, other functions' code",
    code: `${FIND}
result = told([name for name in ("session.key", "state.db") if read(os.path.join(event["dataDirectory"], name))])`,
    expected: { bubblewrap: "kept out", process: "possible" },
  },
  {
    id: "S3",
    title: "read another environment's `/tmp`",
    code: `${FIND}
places = [event["dataDirectory"] + "/sandboxes/**/tmp/*", "/proc/[0-9]*/root/tmp/*", "/tmp/*"]
result = told([path for place in places for path in glob.glob(place, recursive=True) if b"secret of the victim" in read(path)])`,
    expected: { bubblewrap: "kept out", process: "possible" },
  },
  {
    id: "S4",
    title: "see and signal the server and other functions' processes",
    code: `${FIND}
def signalled(pid):
    try: os.kill(pid, 0)
    except OSError: return False
    return b"lambdad" in read("/proc/%d/cmdline" % pid)
result = told([pid for pid in [event["serverPid"]] if signalled(pid)])`,
    expected: { bubblewrap: "kept out", process: "possible" },
  },
  {
    id: "S5",
    title: "reach the host's own ports on its loopback, by any address, and its abstract Unix sockets",
    code: `${FIND}
found = []
for address in event["addresses"]:
    try: socket.create_connection((address, event["port"]), timeout=1).close(); found.append(address)
    except OSError: pass
try:
    unix = socket.socket(socket.AF_UNIX); unix.connect("\\0" + event["abstract"]); found.append("abstract socket")
except OSError: pass
result = told(found)`,
    expected: { bubblewrap: "kept out", process: "possible" },
  },
  {
    id: "S6",
    title: "speak with another environment's Runtime API, to answer in its place",
    code: `${FIND}
import urllib.request, urllib.error
mine = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")[1]
ports = [int(line.split()[1].split(":")[1], 16) for line in read("/proc/net/tcp").decode().splitlines()[1:] if line.split()[3] == "0A"]
found = []
for port in ports:
    if str(port) == mine: continue
    try: urllib.request.urlopen("http://127.0.0.1:%d/2018-06-01/runtime/probe" % port, timeout=0.2)
    except urllib.error.HTTPError as error:
        if b"Runtime API" in error.read(): found.append(port)
    except (OSError, ValueError): pass
result = told(found)`,
    expected: { bubblewrap: "kept out", process: "possible" },
  },
  {
    id: "S7",
    title: "use the AWS API or lambdad's own without a valid signature, or with a source of its own making",
    code: `${FIND}
import urllib.request, urllib.error
paths = ["/2015-03-31/functions/", "/_lambdad/clock", "/_lambdad/environments", "/"]
claims = [{}, {"x-amz-source-arn": "arn:aws:s3:::bucket", "x-amz-source-account": "000000000000"}, {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=" + "0" * 64}]
found = []
for path in paths:
    for headers in claims:
        try: found.append((path, urllib.request.urlopen(urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + path, headers=headers), timeout=5).status))
        except urllib.error.HTTPError: pass
result = told(found)`,
    expected: { bubblewrap: "kept out", process: "kept out" },
  },
  {
    id: "S8",
    title: "write outside `/tmp`: the package, the runtime, the system",
    code: `${FIND}
found = []
for folder in (os.environ["LAMBDA_TASK_ROOT"], os.environ["LAMBDA_RUNTIME_DIR"], "/", "/usr", "/etc", "/var", "/dev", "/dev/shm", "/run", "/opt"):
    path = os.path.join(folder, "written-by-a-handler")
    try:
        open(path, "w").close(); os.remove(path); found.append(folder)
    except OSError: pass
result = told(found)`,
    expected: { bubblewrap: "kept out", process: "possible" },
  },
  {
    id: "S9",
    title: "open the kernel's wide doors: namespaces, mounts, devices, bpf, io_uring, ptrace, keyrings, raw and vsock sockets",
    code: `${FIND}
import ctypes, platform
libc = ctypes.CDLL(None, use_errno=True)
x64 = platform.machine() == "x86_64"
calls = {"unshare(NEWUSER)": (272 if x64 else 97, 0x10000000), "unshare(NEWNS)": (272 if x64 else 97, 0x20000), "bpf": (321 if x64 else 280, 0, 0, 0), "io_uring_setup": (425, 1, ctypes.create_string_buffer(256)),
         "keyctl": (250 if x64 else 219, 0, -3, 1), "perf_event_open": (298 if x64 else 241, ctypes.create_string_buffer(b"\\0\\0\\0\\0\\x78\\0\\0\\0", 128), 0, -1, -1, 0), "ptrace": (101 if x64 else 117, 0, 0, 0, 0)}
def allowed(number, *arguments):
    pid = os.fork()
    if pid == 0: os._exit(0 if libc.syscall(number, *arguments) >= 0 else 1)
    return os.waitpid(pid, 0)[1] == 0
found = [name for name, call in calls.items() if allowed(*call)]
if libc.mount(b"none", tempfile.gettempdir().encode(), b"tmpfs", 0, None) == 0: found.append("mount"); libc.umount(tempfile.gettempdir().encode())
for family, kind in ((17, socket.SOCK_RAW), (40, socket.SOCK_STREAM), (socket.AF_INET, socket.SOCK_RAW)):
    try: socket.socket(family, kind, 1 if family == socket.AF_INET else 0).close(); found.append("socket family %d" % family)
    except OSError: pass
result = told(found)`,
    expected: { bubblewrap: "kept out", process: "possible" },
  },
  {
    id: "S10",
    title: "start more than 1,024 processes",
    code: `${FIND}
import signal
pids = []
try:
    while len(pids) < 1300:
        pid = os.fork()
        if pid == 0:
            signal.pause(); os._exit(0)
        pids.append(pid)
except OSError: pass
count = len(pids)
for pid in pids: os.kill(pid, 9)
for pid in pids: os.waitpid(pid, 0)
result = told([count] if count > 1024 else [])`,
    expected: { bubblewrap: "kept out", process: "possible" },
  },
  {
    id: "S11",
    title: "fill the disk: more in `/tmp` than the function's ephemeral storage",
    code: `${FIND}
path = os.path.join(tempfile.gettempdir(), "filling")
written = 0
try:
    with open(path, "wb") as file:
        while written < 600: file.write(b"x" * (1 << 20)); file.flush(); written += 1
except OSError: pass
os.remove(path)
result = told([written] if written > 512 else [])`,
    expected: { bubblewrap: "kept out", process: "possible" },
  },
  {
    id: "S12",
    title: "outlive the environment: a daemon in a session of its own, with an empty environment, that ignores signals",
    code: `${FIND}
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.close(1); os.close(2)
        os.execve("/bin/sh", [event["mark"], "-c", "trap '' TERM INT HUP; while :; do sleep 1; done"], {})
    os._exit(0)
os.wait()
result = {"outcome": "pending"}`,
    expected: { bubblewrap: "kept out", process: "possible" },
  },
];
