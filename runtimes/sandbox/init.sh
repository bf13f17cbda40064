# The first process of a sandbox. It outlives the programs that run in it: so does /tmp. It reaps what they leave, and nobody inside can kill it.
# A shell of its own reads the orders, one a line: "run <name>", "signal <name> <pid>", "reset <number>". When it ends, everything is ended.
control=/run/lambdad/control

# Each program has a shell that tells of its start and its end. It writes to 1 and 2, and to 3 where there is a pipe for its log.
run() {
  exec 4>"$control/$1.out" 5>"$control/$1.err"
  [ ! -p "$control/$1.log" ] || exec 3>"$control/$1.log"
  sh "$control/$1.sh" </dev/null >&4 2>&5 4>&- 5>&- &
  program=$!
  exec 3>&- 4>&- 5>&-
  echo "started $1 $program"
  wait "$program"
  echo "exited $1 $?"
}
orders() {
  while read -r order what pid; do
    case $order in
      run) run "$what" </dev/null & ;;
      signal) kill "-$what" "$pid" 2>/dev/null ;;
      reset) echo "resetting $what"; exit 0 ;;
    esac
  done
  exit 3
}

exec 6<&0 </dev/null
echo ready
while :; do
  orders <&6 6<&- &
  wait "$!"
  status=$?
  # Whatever there is but this shell. What was orphaned is reaped by waiting for a child of ours.
  while kill -KILL -1 2>/dev/null; do
    (:) &
    wait "$!"
  done
  [ "$status" != 3 ] || exit 0
  echo reset
done
