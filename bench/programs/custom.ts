import { existsSync } from "node:fs";
import type { Found } from "./program.ts";

const BASH = "/bin/bash";
/** Builtins only: nothing is started but the shell itself. */
const HANDLER = `#!${BASH}
count=0
handle() {
  local rest=\${1#*'"id":"'}
  if ((count++ == 0)); then answer=true; else answer=false; fi
  answer="{\\"id\\":\\"\${rest%%'"'*}\\",\\"isFirst\\":$answer}"
}
`;
const BOOTSTRAP = `${HANDLER}
LC_ALL=C
host=\${AWS_LAMBDA_RUNTIME_API%:*} port=\${AWS_LAMBDA_RUNTIME_API#*:}
base=/2018-06-01/runtime/invocation
# Leaves the headers' request id and the body.
receive() {
  local line length=0
  id= body=
  while IFS= read -r line <&3 && line=\${line%$'\\r'} && [[ -n $line ]]; do
    case \${line,,} in
      content-length:*) length=\${line#*: } ;;
      lambda-runtime-aws-request-id:*) id=\${line#*: } ;;
    esac
  done
  if ((length > 0)); then IFS= read -r -N "$length" body <&3; fi
}
while :; do
  exec 3<>"/dev/tcp/$host/$port"
  printf 'GET %s/next HTTP/1.1\\r\\nHost: runtime\\r\\nConnection: close\\r\\n\\r\\n' "$base" >&3
  receive
  request=$id
  handle "$body"
  exec 3<>"/dev/tcp/$host/$port"
  printf 'POST %s/%s/response HTTP/1.1\\r\\nHost: runtime\\r\\nConnection: close\\r\\nContent-Length: %s\\r\\n\\r\\n%s' "$base" "$request" "\${#answer}" "$answer" >&3
  receive
done
`;
const BARE = `${HANDLER}
handle "$1"
echo "$answer"
`;

/** A bootstrap of one's own, as small as one can be that needs no compiler: what it costs is what the platform costs. */
export const customProgram = (): Found => {
  if (!existsSync(BASH)) return `a bootstrap in bash: there is no ${BASH}`;
  return {
    name: "bash bootstrap", runtime: "provided.al2023", handler: "app.handler",
    files: { bootstrap: { content: BOOTSTRAP, mode: 0o755 } },
    bare: { command: BASH, args: ["bare.sh"], files: { "bare.sh": { content: BARE } } },
  };
};
