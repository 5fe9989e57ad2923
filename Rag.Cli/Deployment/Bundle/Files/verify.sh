#!/bin/sh
# Compares every file of this bundle with checksums.sha256. Exit code 0: all are there, none is changed, none was added.
set -eu
cd "$(dirname "$0")"

if command -v sha256sum >/dev/null 2>&1; then
  check() { sha256sum -c checksums.sha256; }
elif command -v shasum >/dev/null 2>&1; then
  check() { shasum -a 256 -c checksums.sha256; }
else
  echo 'verify: neither sha256sum nor shasum is here; install one of them.' >&2
  exit 3
fi

if ! said=$(check 2>/dev/null); then
  echo 'verify: this bundle is not what was packed:' >&2
  printf '%s\n' "$said" | grep -v ': OK$' >&2 || echo '  a file is missing' >&2
  exit 1
fi

# secrets.env is filled in on this side; everything else was listed, and was a plain file. A link would be followed to something else later.
unknown=$(find . ! -type d ! -name checksums.sha256 ! -path ./manifests/secrets.env | LC_ALL=C sort | while IFS= read -r file; do
  if [ ! -f "$file" ] || [ -L "$file" ] || ! sed 's/^[0-9a-f]*  //' checksums.sha256 | grep -q -F -x -e "${file#./}"; then
    printf '%s\n' "$file"
  fi
done)
if [ -n "$unknown" ]; then
  echo 'verify: these files were not packed:' >&2
  printf '%s\n' "$unknown" >&2
  exit 1
fi

echo 'verify: everything is as it was packed.'
