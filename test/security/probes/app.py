# What an environment leaves wherever it can, and what it sees there of others: every trace has a secret in it.
import builtins, ctypes, glob, os, random, re, secrets, socket, subprocess, tempfile, time, urllib.error, urllib.parse, urllib.request, uuid

SECRET = re.compile(rb"LAMBDAD-SECRET-[0-9a-f]{32}")
KEY = re.compile(rb"ASIA[A-Z2-7]{16}")
TRACES = []
KEPT = []


def draw():
    return {
        "random": random.random(), "getrandbits": str(random.getrandbits(64)), "system": random.SystemRandom().random(), "secrets": secrets.token_hex(16), "urandom": os.urandom(16).hex(),
        "uuid4": str(uuid.uuid4()), "temporary name": next(tempfile._get_candidate_names()), "shuffled": random.sample(range(1 << 60), 1)[0],
    }


AT_INIT = draw()


def in_text(text):
    return [found.decode() for found in SECRET.findall(text if isinstance(text, bytes) else text.encode(errors="replace"))]


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def listed(folder):
    try:
        return "\n".join(os.listdir(folder))
    except OSError:
        return ""


def tried(leave):
    try:
        return leave()
    except OSError:
        return None


def leave_shared_memory(secret):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmat.restype = ctypes.c_void_p
    identifier = libc.shmget(random.getrandbits(30) | 1, 4096, 0o1666)
    if identifier < 0:
        return
    address = libc.shmat(identifier, None, 0)
    # Gone with whoever holds it; until then others find it.
    libc.shmctl(identifier, 0, None)
    ctypes.memmove(address, secret.encode(), len(secret))


def seen_in_shared_memory():
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmat.restype = ctypes.c_void_p
    found = b""
    for line in read("/proc/sysvipc/shm").splitlines()[1:]:
        address = libc.shmat(int(line.split()[1]), None, 0o10000)
        if address in (None, ctypes.c_void_p(-1).value):
            continue
        found += ctypes.string_at(address, 64) + b"\n"
        libc.shmdt(ctypes.c_void_p(address))
    return found


def leave(secret):
    TRACES.append(secret)
    builtins.traces_of_a_handler = [*getattr(builtins, "traces_of_a_handler", []), secret]
    os.environ["TRACE_OF_A_HANDLER"] = secret
    for folder in (tempfile.gettempdir(), "/dev/shm"):
        opened = tried(lambda: open(os.path.join(folder, secret), "w+"))
        if opened is not None:
            KEPT.append(opened)
    leave_shared_memory(secret)
    listening = socket.socket(socket.AF_UNIX)
    if tried(lambda: listening.bind("\0" + secret) or True):
        listening.listen()
    KEPT.append(listening)
    KEPT.append(subprocess.Popen([secret, "600"], executable="/bin/sleep", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))


def in_memory():
    """Of what this process may write, and of what has no file behind it: the rest is read from files that everybody may read."""
    found, keys, size = set(), set(), 0
    with open("/proc/self/maps") as file:
        maps = [line.split(None, 5) for line in file]
    with open("/proc/self/mem", "rb", buffering=0) as memory:
        for span, permissions, *rest in maps:
            path = rest[3].strip() if len(rest) > 3 else ""
            if permissions[0] != "r" or (permissions[1] != "w" and path.startswith("/")) or path.startswith(("[vvar", "[vsyscall")):
                continue
            at, end = (int(one, 16) for one in span.split("-"))
            tail = b""
            while at < end:
                try:
                    memory.seek(at)
                    chunk = memory.read(min(1 << 20, end - at))
                except OSError:
                    break
                if not chunk:
                    break
                at += len(chunk)
                size += len(chunk)
                found.update(one.decode() for one in SECRET.findall(tail + chunk))
                keys.update(one.decode() for one in KEY.findall(tail + chunk))
                tail = chunk[-64:]
    return {"found": sorted(found), "keys": sorted(keys), "bytes": size}


def links():
    found = []
    for name in os.listdir("/proc/self/fd"):
        target = tried(lambda: os.readlink("/proc/self/fd/" + name))
        if target is not None:
            found.append(target)
    return found


def look():
    memory = in_memory()
    descriptors = links()
    return {
        "seen": {
            "globals": in_text(repr(TRACES) + repr(getattr(builtins, "traces_of_a_handler", []))),
            "environment variables": in_text("\n".join(os.environ.values()).encode() + read("/proc/self/environ")),
            "temporary files": in_text(listed(tempfile.gettempdir())),
            "files in /dev/shm": in_text(listed("/dev/shm")),
            "System V shared memory": in_text(seen_in_shared_memory()),
            "abstract sockets": in_text(read("/proc/net/unix")),
            "descriptors": in_text("\n".join(descriptors)),
            "processes": in_text(b"\n".join(read(path) for path in glob.glob("/proc/[0-9]*/cmdline"))),
            "memory": memory["found"],
        },
        "keys": memory["keys"],
        "memoryBytes": memory["bytes"],
        "pipes": [link for link in descriptors if link.startswith(("pipe:", "socket:"))],
    }


def ask(urls, name, method):
    """The test's presigned requests, by the way that a handler has to the server."""
    signed = urllib.parse.urlsplit(urls[name])
    url = os.environ["AWS_ENDPOINT_URL"] + signed.path + "?" + signed.query
    with urllib.request.urlopen(urllib.request.Request(url, method=method, data=b"" if method == "PUT" else None, headers={"Host": signed.netloc})) as answer:
        return answer.status


def meet(urls):
    ask(urls, "here", "PUT")
    while True:
        try:
            return ask(urls, "go", "GET")
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
        time.sleep(0.05)


def handler(event, context):
    drawn = draw()
    leave(event["secret"])
    meet(event["urls"])
    return {
        **look(),
        "drawn": [AT_INIT, drawn],
        "hash": hash("x"),
        "pid": {"told": os.getpid(), "real": int(os.readlink("/proc/self"))},
        "namespaces": {name: os.readlink("/proc/self/ns/" + name) for name in ("mnt", "pid", "ipc", "uts", "net")},
        "credentials": [os.environ[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")],
        "variables": dict(os.environ),
    }
