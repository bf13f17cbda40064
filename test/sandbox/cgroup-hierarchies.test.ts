import { describe, expect, it } from "vitest";
import { parseHierarchies } from "../../src/sandbox/cgroup-hierarchies.ts";

const OTHER_MOUNTS = `22 27 0:21 / /proc rw,nosuid - proc proc rw
23 27 0:22 / /sys rw,nosuid shared:7 - sysfs sysfs rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
`;

describe("parseHierarchies", () => {
  it("reads v2 alone, as systemd mounts it", () => {
    const cgroup = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-u5.scope\n";
    const mountinfo = `${OTHER_MOUNTS}30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n`;
    expect(parseHierarchies({ cgroup, mountinfo })).toEqual([
      {
        version: 2,
        controllers: [],
        mountPoint: "/sys/fs/cgroup",
        directory: "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/run-u5.scope",
        isReadOnly: false,
      },
    ]);
  });

  it("reads a hybrid of both, and leaves out the hierarchy that controls nothing", () => {
    const cgroup = "9:name=systemd:/\n4:memory:/jobs/38d6\n2:cpu,cpuacct:/\n0::/\n";
    const mountinfo = `${OTHER_MOUNTS}31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;
    expect(parseHierarchies({ cgroup, mountinfo }).map(({ version, controllers, directory }) => [version, controllers, directory])).toEqual([
      [1, ["memory"], "/sys/fs/cgroup/memory/jobs/38d6"],
      [1, ["cpu", "cpuacct"], "/sys/fs/cgroup/cpu,cpuacct"],
      [2, [], "/sys/fs/cgroup/unified"],
    ]);
  });

  it("reads v1 in a container, whose mounts show its own part, read-only", () => {
    const cgroup = "5:memory:/docker/4f2a/inner\n4:pids:/docker/4f2a\n3:cpu,cpuacct:/docker/4f2a\n";
    const mountinfo = `${OTHER_MOUNTS}700 699 0:32 /docker/4f2a /sys/fs/cgroup/memory ro,nosuid master:17 - cgroup cgroup rw,memory
701 699 0:36 /docker/4f2a /sys/fs/cgroup/pids ro,nosuid master:18 - cgroup cgroup rw,pids
702 699 0:29 /docker/4f2a /sys/fs/cgroup/cpu,cpuacct ro,nosuid master:19 - cgroup cgroup rw,cpu,cpuacct
`;
    expect(parseHierarchies({ cgroup, mountinfo }).map(({ directory, isReadOnly }) => [directory, isReadOnly])).toEqual([
      ["/sys/fs/cgroup/memory/inner", true],
      ["/sys/fs/cgroup/pids", true],
      ["/sys/fs/cgroup/cpu,cpuacct", true],
    ]);
  });

  it.each([
    ["above the cgroup namespace", "0::/../sibling\n", "/"],
    ["outside of what is mounted", "0::/system.slice/other\n", "/system.slice/docker"],
    ["beside what is mounted, with a name that begins alike", "0::/system.slice/docker-2\n", "/system.slice/docker"],
  ])("leaves out a group that is %s", (_where, cgroup, root) => {
    expect(parseHierarchies({ cgroup, mountinfo: `30 23 0:26 ${root} /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n` })).toEqual([]);
  });

  it("takes the writable one of two mounts", () => {
    const mountinfo = "30 23 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n31 23 0:26 / /mnt/cgroup rw - cgroup2 cgroup2 rw\n";
    expect(parseHierarchies({ cgroup: "0::/a\n", mountinfo })).toMatchObject([{ directory: "/mnt/cgroup/a", isReadOnly: false }]);
  });

  it("reads blanks in paths, and colons in names of groups", () => {
    const mountinfo = "30 23 0:26 / /mnt/my\\040groups rw - cgroup2 cgroup2 rw\n";
    expect(parseHierarchies({ cgroup: "0::/a:b\n", mountinfo })).toMatchObject([{ directory: "/mnt/my groups/a:b" }]);
  });

  it("finds nothing where there is nothing", () => {
    expect(parseHierarchies({ cgroup: "", mountinfo: "" })).toEqual([]);
    expect(parseHierarchies({ cgroup: "0::/\n", mountinfo: OTHER_MOUNTS })).toEqual([]);
  });
});
