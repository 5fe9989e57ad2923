#!/bin/sh
# Brings the images of this bundle to where the cluster fetches them.
#   sh load.sh push    into the registry that the bundle was made for, with skopeo, podman or docker (sign in first)
#   sh load.sh node    into the container runtime of this node, with ctr, podman or docker; on every node
set -eu
cd "$(dirname "$0")"
tab=$(printf '\t')

usage() {
  sed -n '2,4s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

has() { command -v "$1" >/dev/null 2>&1; }

push() {
  reference=$1 target=$2 format=$3 file=$4
  if [ "$target" = - ]; then
    echo 'load: this bundle was made without --registry: its manifests name the images where they come from. Use: sh load.sh node' >&2
    exit 2
  fi
  if has skopeo; then
    skopeo copy --all --preserve-digests "$format:$file" "docker://$target"
  elif has podman; then
    podman load --quiet --input "$file" >/dev/null
    podman push "$reference" "docker://$target"
  elif has docker; then
    docker load --quiet --input "$file" >/dev/null
    docker tag "$reference" "$target"
    docker push --quiet "$target"
  else
    echo 'load: skopeo, podman or docker is needed to push images, and none of them is here.' >&2
    exit 3
  fi
}

import() {
  reference=$1 file=$2
  if has ctr; then
    ctr --namespace k8s.io images import --index-name "$reference" "$file"
  elif has podman; then
    podman load --quiet --input "$file"
  elif has docker; then
    docker load --quiet --input "$file"
  else
    echo 'load: ctr, podman or docker is needed on the node, and none of them is here.' >&2
    exit 3
  fi
}

[ $# -eq 1 ] || usage
case $1 in push | node) ;; *) usage ;; esac

count=0
# Columns: reference, target, digest, size, format, file, purpose.
while IFS="$tab" read -r reference target digest size format file purpose; do
  case $reference in '#'* | '') continue ;; esac
  if [ "$file" = - ]; then
    echo "load: $reference is not in this bundle ($purpose); see README.md." >&2
    exit 1
  fi
  echo "$reference ($size bytes, $digest)"
  if [ "$1" = push ]; then
    push "$reference" "$target" "$format" "$file"
  else
    import "$reference" "$file"
  fi
  count=$((count + 1))
done <images.lock

echo "load: $count images."
