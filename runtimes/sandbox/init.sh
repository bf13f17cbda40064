# The first process of a sandbox. It runs one program after the other and outlives them all: so does /tmp.
# Each line on fd 0 names a run; fd 1 is told when it has started and how it ended.
control=/run/lambdad/control
echo ready
while read -r run; do
  exec 3>"$control/$run.out" 4>"$control/$run.err"
  sh "$control/$run.sh" </dev/null >&3 2>&4 3>&- 4>&- &
  program=$!
  exec 3>&- 4>&-
  echo "started $run"
  wait "$program"
  status=$?
  # Whatever it left behind: all but this shell. What it had orphaned is reaped by waiting for a child of ours.
  while kill -KILL -1 2>/dev/null; do
    (:) &
    wait "$!"
  done
  echo "exited $run $status"
done
