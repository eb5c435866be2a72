#!/usr/bin/env bash
# A private SLURM cluster for the tests: munged, slurmctld and one slurmd on 127.0.0.1, without
# systemd, with everything that they write in one folder.
#
#   slurm_cluster.sh up DIR     install SLURM where it is missing (Debian, as root), start it, and
#                               print what the caller needs as lines `export NAME=value`
#   slurm_cluster.sh down DIR   cancel its jobs, stop what was started in DIR, remove DIR
#
# Exit status 3: SLURM is not here and cannot be installed.
# The node claims 4 CPUs, 130 GB and 2 GPUs, which need not exist; partitions and time limits are
# those that profiles/slurm asks for. DIR/log/tasks tells when each task began and ended, and with
# which GPU.
set -euo pipefail
umask 022
export PATH="$PATH:/usr/sbin:/sbin"

say() { echo "slurm_cluster: $*" >&2; }
die() { say "$2"; exit "$1"; }

[ $# = 2 ] || die 2 "usage: slurm_cluster.sh up|down DIR"
action=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd -P)
# The socket's path must fit into 108 bytes; slurm.conf takes neither blanks nor '#'.
case $dir in *[!A-Za-z0-9._/+@-]*) die 2 "a character in DIR that slurm.conf cannot hold: $dir" ;; esac
[ ${#dir} -le 80 ] || die 2 "DIR is longer than 80 characters: $dir"
for name in $(compgen -e | grep -E '^(SLURM|SBATCH|SRUN|SINFO|SQUEUE|SCONTROL)' || true); do
  unset "$name"
done
export SLURM_CONF=$dir/slurm.conf

wait_for() {  # tenths of a second, then a command
  local i n=$1
  shift
  for ((i = 0; i < n; i++)); do
    ! "$@" >/dev/null 2>&1 || return 0
    sleep 0.1
  done
  return 1
}

# ---- down

ours() { tr '\0' '\n' <"/proc/$1/cmdline" 2>/dev/null | grep -qF "$dir/"; }
gone() { ! ours "$1"; }

stop_daemon() {  # a pid file; the process ends only where its command line names DIR
  local pid
  pid=$(cat "$dir/run/$1.pid" 2>/dev/null) && [ -n "$pid" ] && ours "$pid" || return 0
  kill "$pid" 2>/dev/null || true
  wait_for 100 gone "$pid" || kill -9 "$pid" 2>/dev/null || true
}

no_jobs() { [ -z "$(timeout 5 squeue -h -o %i)" ]; }

down() {
  [ -e "$SLURM_CONF" ] || return 0
  if timeout 5 scontrol ping 2>/dev/null | grep -q 'is UP'; then
    timeout 10 squeue -h -o %i | xargs -r timeout 20 scancel || true
    wait_for 150 no_jobs || say "jobs are left"
  fi
  stop_daemon slurmd
  # A job outlives slurmd: its keeper works in DIR, its own processes have DIR's configuration.
  local entry pid
  for entry in $(grep -lzxF "SLURM_CONF=$SLURM_CONF" /proc/[0-9]*/environ 2>/dev/null || true); do
    pid=${entry#/proc/}
    pid=${pid%/environ}
    if grep -qzs '^SLURM_JOB_ID=' "$entry"; then kill -9 "$pid" 2>/dev/null || true; fi
  done
  for entry in /proc/[0-9]*; do
    [ "$(cat "$entry/comm" 2>/dev/null)" = slurmstepd ] || continue
    case $(readlink "$entry/cwd" 2>/dev/null) in
      "$dir"/*) kill -9 "${entry#/proc/}" 2>/dev/null || true ;;
    esac
  done
  stop_daemon slurmctld
  stop_daemon munged
}

if [ "$action" = down ]; then
  down
  rm -rf "${dir:?}"
  exit 0
fi
[ "$action" = up ] || die 2 "unknown action $action: needed up or down"
[ ! -e "$SLURM_CONF" ] || die 2 "$dir holds a cluster already: down it first"

# ---- up: packages

mkdir -p "$dir"/{bin,dev,log,run,state,spool}
if ! type slurmctld slurmd munged sbatch >/dev/null 2>&1; then
  command -v apt-get >/dev/null || die 3 "SLURM is not here, and there is no apt-get to install it"
  [ "$(id -u)" = 0 ] || die 3 "SLURM is not here, and only root can install it"
  policy=/usr/sbin/policy-rc.d  # without it, installing may start the services
  if [ ! -e $policy ]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
  fi
  {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq || true
    apt-get install -y -qq --no-install-recommends slurm-wlm munge
  } >"$dir/log/apt" 2>&1 || die 3 "apt-get cannot install slurm-wlm: $(tail -n 1 "$dir/log/apt")"
fi

# ---- up: configuration

host=$(uname -n)
host=${host%%.*}
case $(getent ahostsv4 "$host" | awk 'NR == 1 { print $1 }') in
  127.*) ;;
  '') echo "127.0.0.1 $host" >>/etc/hosts || die 3 "the name $host leads nowhere" ;;
  *) die 3 "the name $host does not lead to a loopback address, which SLURM would listen on" ;;
esac
busy() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
port=$((20000 + $(printf %s "$dir" | cksum | cut -d' ' -f1) % 4000 * 2))
while busy "$port" || busy $((port + 1)); do port=$((port + 2)); done

(umask 077 && head -c 128 /dev/urandom >"$dir/munge.key")
# A stand-in GPU needs a device of its own, or SLURM counts without keeping apart.
for n in 0 1; do
  mknod -m 666 "$dir/dev/gpu$n" c 1 3 || die 3 "no right to make the stand-in GPUs' device nodes"
done
cat >"$dir/gres.conf" <<CONF
AutoDetect=off
NodeName=node1 Name=gpu Type=h200 File=$dir/dev/gpu0,$dir/dev/gpu1
CONF
cat >"$SLURM_CONF" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$dir/run/munge.socket,cred_expire=10
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort=$port
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd.pid
SlurmctldLogFile=$dir/log/slurmctld
SlurmdLogFile=$dir/log/slurmd
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
MailProg=/bin/true
MpiDefault=none
ReturnToService=2
# No cgroups: processes are followed through /proc.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
TaskProlog=$dir/bin/prolog
TaskEpilog=$dir/bin/epilog
JobAcctGatherType=jobacct_gather/linux
AccountingStorageType=accounting_storage/none
# A scheduler that does not let the tests wait; ended jobs stay in squeue -t all.
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
MinJobAge=3600
KillWait=2
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=200
GresTypes=gpu
NodeName=node1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=4 RealMemory=130000 Gres=gpu:h200:2
PartitionName=cpu Nodes=node1 Default=YES MaxTime=4:00:00
PartitionName=gpu Nodes=node1 MaxTime=1-00:00:00
CONF

# The plugin takes SLURM_CONF out of the environment before it calls srun in a job.
srun=$(PATH=/usr/bin:/bin command -v srun)
printf '#!/bin/sh\nSLURM_CONF=%s exec %s "$@"\n' "$SLURM_CONF" "$srun" >"$dir/bin/srun"
for when in prolog epilog; do
  cat >"$dir/bin/$when" <<SCRIPT
#!/bin/sh
echo "$when \$(date +%s.%N) \$SLURM_JOB_ID \$SLURM_STEP_ID gpu=\$CUDA_VISIBLE_DEVICES" >>$dir/log/tasks
SCRIPT
done
chmod 755 "$dir"/bin/*
: >"$dir/log/tasks"

# ---- up: daemons

failed() {
  say "$1 did not start: $(tail -n 3 "$dir/log/$1" 2>/dev/null || true)"
  down
  exit 1
}
munge_answers() { munge -S "$dir/run/munge.socket" -n | unmunge -S "$dir/run/munge.socket"; }
node_idle() { timeout 5 sinfo -h -t idle -o %N | grep -q node1; }
cd "$dir"
munged --force --key-file="$dir/munge.key" --socket="$dir/run/munge.socket" \
  --pid-file="$dir/run/munged.pid" --log-file="$dir/log/munged" --seed-file="$dir/munge.seed" \
  --origin=127.0.0.1 >&2 || failed munged
wait_for 100 munge_answers || failed munged
slurmctld -f "$SLURM_CONF" >&2 || failed slurmctld
slurmd -N node1 -f "$SLURM_CONF" >&2 || failed slurmd
wait_for 200 node_idle || failed slurmd
echo "export SLURM_CONF=$SLURM_CONF"
echo "export PATH=$dir/bin:\$PATH"
