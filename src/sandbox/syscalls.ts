/** The system calls that the seccomp filter names, by their numbers. null: this architecture has no such call. */
export interface SyscallNumbers {
  readonly x64: number | null;
  readonly arm64: number | null;
}

const numbers = (x64: number | null, arm64: number | null): SyscallNumbers => ({ x64, arm64 });
/** Since Linux 5.1 a new call has one number everywhere. */
const everywhere = (number: number): SyscallNumbers => numbers(number, number);

/** The last call that was looked at (`file_setattr`, Linux 6.17). What a newer kernel adds is refused as unknown until this table knows it. */
export const LAST_SYSCALL = 469;

/** Looked at by their arguments. */
export const INSPECTED = {
  clone: numbers(56, 220),
  unshare: numbers(272, 97),
  clone3: everywhere(435),
  mknod: numbers(133, null),
  mknodat: numbers(259, 33),
  ioctl: numbers(16, 29),
  personality: numbers(135, 92),
  socket: numbers(41, 198),
  socketpair: numbers(53, 199),
} as const satisfies Record<string, SyscallNumbers>;

/** What matters when a process is copied. */
export const FORKING = {
  madvise: numbers(28, 233),
  io_uring_setup: everywhere(425),
} as const satisfies Record<string, SyscallNumbers>;

/** Always refused. Handlers have no use for them, and most need capabilities that a sandbox does not have: the filter is the second lock. */
export const DENIED = {
  // File systems: the sandbox's mounts are its walls.
  mount: numbers(165, 40),
  umount2: numbers(166, 39),
  pivot_root: numbers(155, 41),
  chroot: numbers(161, 51),
  open_tree: everywhere(428),
  move_mount: everywhere(429),
  fsopen: everywhere(430),
  fsconfig: everywhere(431),
  fsmount: everywhere(432),
  fspick: everywhere(433),
  mount_setattr: everywhere(442),
  open_tree_attr: everywhere(467),
  name_to_handle_at: numbers(303, 264),
  open_by_handle_at: numbers(304, 265),
  quotactl: numbers(179, 60),
  quotactl_fd: everywhere(443),
  swapon: numbers(167, 224),
  swapoff: numbers(168, 225),
  acct: numbers(163, 89),
  fanotify_init: numbers(300, 262),
  lookup_dcookie: numbers(212, 18),
  // Namespaces of others.
  setns: numbers(308, 268),
  // Other processes: their memory, their files, their secrets.
  ptrace: numbers(101, 117),
  process_vm_readv: numbers(310, 270),
  process_vm_writev: numbers(311, 271),
  kcmp: numbers(312, 272),
  pidfd_getfd: everywhere(438),
  // Keys are not kept apart by namespaces.
  add_key: numbers(248, 217),
  request_key: numbers(249, 218),
  keyctl: numbers(250, 219),
  // Wide doors into the kernel, where most of its escapes were found.
  bpf: numbers(321, 280),
  perf_event_open: numbers(298, 241),
  io_uring_setup: everywhere(425),
  io_uring_enter: everywhere(426),
  io_uring_register: everywhere(427),
  userfaultfd: numbers(323, 282),
  // Memory that no limit and no look from outside reaches.
  memfd_secret: everywhere(447),
  // Where memory lies is the machine's affair.
  mbind: numbers(237, 235),
  set_mempolicy: numbers(238, 237),
  get_mempolicy: numbers(239, 236),
  set_mempolicy_home_node: everywhere(450),
  migrate_pages: numbers(256, 238),
  move_pages: numbers(279, 239),
  // The machine: its kernel, clock, name, ports.
  kexec_load: numbers(246, 104),
  kexec_file_load: numbers(320, 294),
  init_module: numbers(175, 105),
  finit_module: numbers(313, 273),
  delete_module: numbers(176, 106),
  reboot: numbers(169, 142),
  syslog: numbers(103, 116),
  settimeofday: numbers(164, 170),
  clock_settime: numbers(227, 112),
  adjtimex: numbers(159, 171),
  clock_adjtime: numbers(305, 266),
  sethostname: numbers(170, 161),
  setdomainname: numbers(171, 162),
  vhangup: numbers(153, 58),
  iopl: numbers(172, null),
  ioperm: numbers(173, null),
  modify_ldt: numbers(154, null),
  // Left over from old kernels.
  uselib: numbers(134, null),
  ustat: numbers(136, null),
  sysfs: numbers(139, null),
  _sysctl: numbers(156, null),
  create_module: numbers(174, null),
  get_kernel_syms: numbers(177, null),
  query_module: numbers(178, null),
  nfsservctl: numbers(180, 42),
} as const satisfies Record<string, SyscallNumbers>;
