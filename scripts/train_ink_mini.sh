#!/usr/bin/env bash
# Train ink-mini on this machine's GPUs: the stages named, or all, one after the other.
#
#   scripts/train_ink_mini.sh OUT [STAGE…]
#
# Clips are painted into CLIPS all the while, by PAINTERS processes (0: somebody else paints there).
# CLIPS=/dev/shm/clips keeps them in memory, 1.6 MB each: 80 a second are more than many disks take.
# WEIGHTS=FOLDER goes on from earlier weights, which are copied to OUT first. OPTIONS are given to
# every stage: "--toy" rehearses all of it on a CPU, "--eager" leaves out compiling.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$1
shift
python=${PYTHON:-python3}
gpus=${GPUS:-1}
clips=${CLIPS:-$out/clips}
options=${OPTIONS:-}
weights=${WEIGHTS:-}
declare -A seconds=(
  [tokenizer]=0 [autoencoder]=${AUTOENCODER:-490} [judge]=${JUDGE:-395} [probe]=${PROBE:-190}
  [base]=${BASE:-900} [motion]=${MOTION:-400}
)
case $options in *--toy*) for stage in "${!seconds[@]}"; do seconds[$stage]=5; done ;; esac
mkdir -p "$out" "$clips"
if [ -n "$weights" ]; then cp -r "$weights/." "$out/"; fi

cores=$(nproc)
painters=${PAINTERS:-$((cores > gpus + 2 ? cores - gpus - 1 : 1))}
if [ "$painters" -gt 0 ]; then
  $python -m conclvd.pretrain clips --out "$clips" --seconds 1e6 --workers "$painters" $options \
    >"$clips/clips.log" 2>&1 &
  trap 'kill %1 2>/dev/null || true' EXIT
fi

for stage in ${*:-tokenizer autoencoder judge probe base motion}; do
  run=("$python" -m)
  if [ "$gpus" -gt 1 ]; then run+=(torch.distributed.run "--nproc_per_node=$gpus" -m); fi
  run+=(conclvd.pretrain "$stage" --out "$out" --seconds "${seconds[$stage]}" $options)
  case $stage in tokenizer) run=("$python" -m conclvd.pretrain tokenizer --out "$out" $options) ;;
    *) run+=(--clips "$clips") ;; esac
  case $stage in judge | base | motion) run+=(--model "$out") ;; esac
  if [ -n "$weights" ]; then run+=(--weights "$weights"); fi
  echo "${run[*]}"
  "${run[@]}"
done
