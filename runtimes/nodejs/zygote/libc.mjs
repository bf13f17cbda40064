// The system calls that Node.js has no name for, by way of koffi: a compiled library that calls what is in this process already.
import { createRequire } from "node:module";
import { getSystemErrorMap } from "node:util";

/** `koffi` is its compiled file, which needs none of its others. */
export const openLibc = (koffi) => {
  const require = createRequire(import.meta.url);
  const ffi = require(koffi);
  // Nothing of it is to be found by what runs in a copy.
  delete require.cache[koffi];
  const own = ffi.load(null);
  const names = new Map([...getSystemErrorMap()].map(([number, [name]]) => [-number, name]));
  const checked = (name, call) => (...args) => {
    const result = call(...args);
    if (result >= 0) return result;
    const errno = ffi.errno();
    throw Object.assign(new Error(`${name}: ${names.get(errno) ?? errno}`), { errno });
  };
  const declared = (declaration) => own.func(declaration);
  const define = (name, parameters) => checked(name, declared(`int ${name}(${parameters})`));
  const syscall = declared("long syscall(long number, long first, long second, long third, long fourth)");
  const startThread = declared("int pthread_create(void *thread, void *attributes, uintptr_t start, uintptr_t argument)");
  const locateFunction = declared("uintptr_t dlsym(uintptr_t library, const char *name)");
  const peek = own.func("memcpy", "uintptr_t", ["void *", "uintptr_t", "size_t"]);
  const poke = own.func("memcpy", "uintptr_t", ["uintptr_t", "void *", "size_t"]);
  const locate = own.func("memcpy", "uintptr_t", ["void *", "void *", "size_t"]);

  return {
    fork: define("fork", ""),
    waitpid: define("waitpid", "int pid, void *status, int options"),
    exit: declared("void _exit(int status)"),
    poll: define("poll", "void *descriptors, unsigned long count, int milliseconds"),
    /** Starts a thread that ends at once; returns its pthread_t. */
    startNothing() {
      const thread = Buffer.alloc(128);
      const error = startThread(thread, null, locateFunction(0, "getpid"), 0);
      if (error !== 0) throw new Error(`pthread_create: ${names.get(error) ?? error}`);
      return Number(thread.readBigUInt64LE());
    },
    getpid: declared("int getpid()"),
    setsid: define("setsid", ""),
    umask: declared("int umask(int mask)"),
    dup3: define("dup3", "int from, int to, int flags"),
    close: define("close", "int descriptor"),
    epollCreate: define("epoll_create1", "int flags"),
    eventfd: define("eventfd", "unsigned int count, int flags"),
    pipe: define("pipe2", "void *ends, int flags"),
    socketpair: define("socketpair", "int family, int type, int protocol, void *pair"),
    setsockopt: define("setsockopt", "int descriptor, int level, int name, void *value, int length"),
    recvmsg: checked("recvmsg", declared("long recvmsg(int descriptor, void *message, int flags)")),
    setns: define("setns", "int descriptor, int kinds"),
    setrlimit: define("setrlimit", "int resource, void *limits"),
    setgroups: define("setgroups", "size_t count, void *groups"),
    setresgid: define("setresgid", "int real, int effective, int saved"),
    setresuid: define("setresuid", "int real, int effective, int saved"),
    prctl: define("prctl", "int option, uintptr_t first, uintptr_t second, uintptr_t third, uintptr_t fourth"),
    capset: define("capset", "void *header, void *sets"),
    pidfdOpen: checked("pidfd_open", (pid) => syscall(SYS_pidfd_open, pid, 0, 0, 0)),
    /** Of a buffer: where it lies, as long as it is kept. */
    addressOf: (buffer) => locate(buffer, buffer, 0),
    read: (address, buffer) => void peek(buffer, address, buffer.length),
    write: (address, buffer) => void poke(address, buffer, buffer.length),
    /** libuv's, in the child: the event loop is given descriptors of its own. */
    renewEventLoop: () => define("uv_loop_fork", "void *loop")(declared("void *uv_default_loop()")()),
    /** OpenSSL's, in the child: it tells a copy by its process id, and in another namespace two have the same. */
    renewRandomness() {
      if (declared("int RAND_poll()")() !== 1) throw new Error("RAND_poll: there is no randomness to be had");
    },
  };
};

/** Since Linux 5.1 a new call has one number everywhere. */
const SYS_pidfd_open = 434;

export const AF_UNIX = 1;
export const SOCK_STREAM = 1;
export const SOCK_CLOEXEC = 0o2000000;
export const O_CLOEXEC = 0o2000000;
export const O_NONBLOCK = 0o4000;
export const SOL_SOCKET = 1;
export const SO_PASSCRED = 16;
export const SCM_RIGHTS = 1;
export const SCM_CREDENTIALS = 2;
export const MSG_CMSG_CLOEXEC = 0x40000000;

export const POLLIN = 1;

export const CLONE_NEWNS = 0x00020000;
export const CLONE_NEWCGROUP = 0x02000000;
export const CLONE_NEWUTS = 0x04000000;
export const CLONE_NEWIPC = 0x08000000;
export const CLONE_NEWPID = 0x20000000;
export const CLONE_NEWNET = 0x40000000;

export const RLIMIT_CORE = 4;
export const RLIMIT_NOFILE = 7;

export const PR_SET_DUMPABLE = 4;
export const PR_SET_SECCOMP = 22;
export const PR_CAPBSET_DROP = 24;
export const PR_SET_NO_NEW_PRIVS = 38;
export const SECCOMP_MODE_FILTER = 2;
export const LINUX_CAPABILITY_VERSION_3 = 0x20080522;
