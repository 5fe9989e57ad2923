#!/bin/sh
# Brings the images of this bundle to where the cluster fetches them.
#   sh load.sh push    into the registry that the bundle was made for, with skopeo, podman or docker (sign in first)
#   sh load.sh node    into the container runtime of this node, with ctr, podman or docker; on every node
# What could not be brought is named at the end; it can be run again.
set -eu
cd "$(dirname "$0")"
tab=$(printf '\t')

usage() {
  sed -n '2,4s/^# \{0,1\}//p' "$0" >&2
  exit 2
}

# The first of these programs that is here.
choose() {
  for tool; do
    if command -v "$tool" >/dev/null 2>&1; then return; fi
  done
  echo "load: one of $* is needed, and none of them is here." >&2
  exit 3
}

# Reads an archive with podman or docker and names the image: in the archive it may be called otherwise.
load_as() {
  said=$("$tool" load --quiet --input "$1") || return 1
  name=$(printf '%s\n' "$said" | sed -n 's/^Loaded image[^:]*: *//p' | tail -n 1)
  if [ -z "$name" ]; then
    echo "load: $tool does not say what it has read from $1." >&2
    return 1
  fi
  [ "$name" = "$2" ] || "$tool" tag "$name" "$2"
}

push() {
  reference=$1 target=$2 format=$3 file=$4
  if [ "$tool" != skopeo ]; then
    case $reference in
      *@*)
        echo "load: $reference is pinned by its digest, and $tool may change it: push with skopeo." >&2
        return 1
        ;;
    esac
    load_as "$file" "$target" && "$tool" push --quiet "$target"
  elif [ "$format" = oci-archive ]; then
    skopeo copy --all --preserve-digests "$format:$file" "docker://$target"
  else
    # Without a manifest there is no digest to keep, and layers are compressed on their way.
    skopeo copy "$format:$file" "docker://$target"
  fi
}

# Whether an archive says of itself that it is called so. ctr must not be told once more then: it would name two things alike, and remove the
# first of them while it still unpacks it.
is_called() {
  index=$(tar -xOf "$1" index.json ./index.json 2>/dev/null | tr -d ' \n\t')
  if [ -n "$index" ]; then
    printf '%s' "$index" | grep -qF "\"io.containerd.image.name\":\"$2\""
  else
    tar -xOf "$1" manifest.json ./manifest.json 2>/dev/null | grep -qF "\"$2\""
  fi
}

import() {
  # As the manifests call it: a node knows no digests of images that it has not fetched.
  name=${1%%@*} file=$2
  case ${name##*/} in *:*) ;; *) name=$name:bundled ;; esac
  if [ "$tool" = ctr ] && is_called "$file" "$name"; then
    ctr --namespace k8s.io images import "$file"
  elif [ "$tool" = ctr ]; then
    ctr --namespace k8s.io images import --index-name "$name" "$file"
  else
    load_as "$file" "$name"
  fi
}

bring() {
  if [ "$1" = push ]; then push "$2" "$3" "$4" "$5"; else import "$2" "$5"; fi
}

[ $# -eq 1 ] || usage
case $1 in
  push) choose skopeo podman docker ;;
  node) choose ctr podman docker ;;
  *) usage ;;
esac

count=0
failed=
# Columns: reference, target, digest, size, format, file, purpose.
while IFS="$tab" read -r reference target digest size format file purpose; do
  case $reference in '#'* | '') continue ;; esac
  case $1-$target in
    push--)
      echo 'load: this bundle was made without --registry: its manifests name the images where they come from. Use: sh load.sh node' >&2
      exit 2
      ;;
    node--) ;;
    node-*)
      echo 'load: this bundle was made with --registry: its manifests name the images in that registry. Use: sh load.sh push' >&2
      exit 2
      ;;
  esac
  if [ "$file" = - ]; then
    place=$target
    [ "$place" != - ] || place='every node'
    failed="$failed
  $reference is not in this bundle ($purpose): README.md has the command that fetches it; bring it to $place."
    continue
  fi
  echo "$reference ($size bytes, $digest)"
  # Not from standard input, which is the list.
  if bring "$1" "$reference" "$target" "$format" "$file" </dev/null; then
    count=$((count + 1))
  else
    failed="$failed
  $reference: see above ($purpose)."
  fi
done <images.lock

echo "load: $count images."
if [ -n "$failed" ]; then
  echo "load: these are missing:$failed" >&2
  exit 1
fi
